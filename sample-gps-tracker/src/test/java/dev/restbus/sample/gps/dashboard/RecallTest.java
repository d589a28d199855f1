package dev.restbus.sample.gps.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.client.BusClient;
import dev.restbus.client.NewRecord;
import dev.restbus.sample.gps.LogBus;
import dev.restbus.sample.gps.fix.Fix;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecallTest {

    private final LogBus log = LogBus.start();
    private final BusClient bus = BusClient.connect(log.url());
    private final CabMap map = new CabMap();

    @AfterEach
    void stop() {
        bus.close();
        log.close();
    }

    @Test
    void theMapIsRebuiltFromTheLogUpToTheCommittedOffset() {
        send(700);
        log.commit(650);

        new Recall(bus, map).run();

        assertThat(view("a").offset()).isEqualTo(649);
        assertThat(view("a").trail()).hasDimensions(CabTrack.TRAIL_LENGTH, 2);
        assertThat(map.totals().shown()).isZero();
    }

    @Test
    void onlyTheLastFixesOfAPartitionAreRead() {
        bus.producer().send("fixes", "old", Map.of("lon", 1, "lat", 1));
        send(Recall.FIXES_A_PARTITION);
        log.commit(Recall.FIXES_A_PARTITION + 1);

        new Recall(bus, map).run();

        assertThat(map.counts()).containsOnlyKeys("a");
    }

    @Test
    void whatIsNoFixIsPassedOver() {
        bus.producer().send("fixes", "b", Map.of("hello", "world"));
        bus.producer().send("fixes", "c", Map.of("lon", 1, "lat", 2));
        log.commit(2);

        new Recall(bus, map).run();

        assertThat(map.counts()).containsOnlyKeys("c");
        assertThat(view("c").at()).as("the time of the record").isEqualTo(1_001);
        assertThat(view("c").speedKmh()).isZero();
    }

    private CabView view(String cab) {
        return Objects.requireNonNull(map.find(cab, new Freshness(1_000, 0)));
    }

    private void send(int fixes) {
        List<NewRecord> records =
                LongStream.rangeClosed(1, fixes)
                        .mapToObj(seq -> new Fix("a", 0, 0, 0, seq, seq, "trip", seq))
                        .map(fix -> NewRecord.of("fixes", fix.cab(), fix))
                        .toList();
        bus.producer().sendAll(records);
    }
}
