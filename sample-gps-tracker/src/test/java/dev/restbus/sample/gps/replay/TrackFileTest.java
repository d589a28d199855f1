package dev.restbus.sample.gps.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrackFileTest {

    private static final String HEADER = "track_id,lon,lat,speed_kmh,time\n";
    private static final String GOOD = "128,23.730362,37.990046,12.5845,1970-01-01 00:00:13.560\n";

    @Test
    void aLineIsAPoint() {
        assertThat(read(HEADER + GOOD))
                .containsExactly(
                        new TrackPoint(
                                "128",
                                23.730362,
                                37.990046,
                                12.5845,
                                Instant.parse("1970-01-01T00:00:13.560Z").toEpochMilli()));
    }

    @Test
    void columnsAreFoundByNameAndMayBeQuoted() {
        assertThat(
                        read(
                                "\uFEFFtime,note,lat,lon,speed_kmh,track_id\r\n"
                                        + "1970-01-01 00:00:01.000,\"a, b\",1,2,\"3\",x\r\n"))
                .containsExactly(new TrackPoint("x", 2, 1, 3, 1000));
    }

    @Test
    void aFileWithoutPointsHasNone() {
        assertThat(read(HEADER)).isEmpty();
    }

    @Test
    void aBadLineIsNamedByItsNumber() {
        assertRefused(HEADER + GOOD + "128,23.73,not a number,1,1970-01-01 00:00:00.000\n" + GOOD)
                .hasMessage("line 3: lat is a number from -90.0 to 90.0, not \"not a number\"")
                .extracting("line")
                .isEqualTo(3L);
    }

    @Test
    void emptyLinesCountButDoNotMatter() {
        assertThat(read(HEADER + "\n" + GOOD + "\n")).hasSize(1);
        assertRefused(HEADER + "\n\n" + "x\n").hasMessageStartingWith("line 4: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",23.7,37.9,1,1970-01-01 00:00:00.000 | track_id",
                "1,NaN,37.9,1,1970-01-01 00:00:00.000 | lon",
                "1,180.5,37.9,1,1970-01-01 00:00:00.000 | lon",
                "1,23.7,-91,1,1970-01-01 00:00:00.000 | lat",
                "1,23.7,37.9,-1,1970-01-01 00:00:00.000 | speed_kmh",
                "1,23.7,37.9,1,1970-02-30 00:00:00.000 | time",
                "1,23.7,37.9,1,yesterday | time",
                "1,23.7,37.9,1 | 4 columns",
                "1,23.7,37.9,1,1970-01-01 00:00:00.000,x | 6 columns",
            })
    void whatIsNotAPointIsRefused(String line, String reason) {
        assertRefused(HEADER + GOOD + line + "\n")
                .hasMessageStartingWith("line 3: ")
                .hasMessageContaining(reason);
    }

    @Test
    void aHeaderThatLacksAColumnIsRefused() {
        assertRefused("track_id,lon,lat,time\n").hasMessage("line 1: the header lacks speed_kmh");
        assertRefused("").hasMessageStartingWith("line 1: ");
    }

    @Test
    void aHeaderWithTheSameColumnTwiceIsRefused() {
        assertRefused("track_id,lon,lon,lat,speed_kmh,time\n").hasMessageStartingWith("line 1: ");
    }

    @Test
    void whatIsNotUtf8IsRefused() {
        byte[] bytes = (HEADER + GOOD).getBytes(StandardCharsets.UTF_8);
        bytes[HEADER.length()] = (byte) 0xFF;
        assertThatThrownBy(() -> TrackFile.read(bytes))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void anOpenQuoteIsRefused() {
        assertRefused(HEADER + "\"128,1,2,3\n").hasMessageStartingWith("line ");
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(String csv) {
        return assertThatThrownBy(() -> read(csv)).isInstanceOf(BadLineException.class);
    }

    private static List<TrackPoint> read(String csv) {
        return TrackFile.read(csv.getBytes(StandardCharsets.UTF_8));
    }
}
