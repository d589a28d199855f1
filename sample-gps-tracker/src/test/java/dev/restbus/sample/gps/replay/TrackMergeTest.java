package dev.restbus.sample.gps.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.restbus.sample.gps.fix.Fix;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrackMergeTest {

    @Test
    void vehiclesRunSideBySideByTheirTime() {
        assertThat(merge(point("a", 10), point("a", 30), point("b", 20), point("b", 40)))
                .extracting(Fix::cab, Fix::at, Fix::seq)
                .containsExactly(
                        tuple("a", 10L, 1L),
                        tuple("b", 20L, 1L),
                        tuple("a", 30L, 2L),
                        tuple("b", 40L, 2L));
    }

    @Test
    void aVehicleKeepsTheOrderOfTheFileWhateverItsClockSays() {
        assertThat(merge(point("a", 30), point("b", 25), point("a", 10), point("a", 20)))
                .filteredOn(fix -> fix.cab().equals("a"))
                .extracting(Fix::at)
                .containsExactly(30L, 10L, 20L);
    }

    @Test
    void linesOfAVehicleNeedNotStandTogether() {
        assertThat(merge(point("a", 1), point("b", 1), point("a", 2), point("b", 2)))
                .extracting(Fix::cab)
                .containsExactly("a", "b", "a", "b");
    }

    @Test
    void aFixBearsTheTripAndTheTimeOfItsPoint() {
        Fix fix = new TrackMerge(List.of(new TrackPoint("a", 2, 3, 4, 5)), "trip").next();
        assertThat(fix).isEqualTo(new Fix("a", 2, 3, 4, 5, 0, "trip", 1));
        assertThat(fix.sent(77)).isEqualTo(new Fix("a", 2, 3, 4, 5, 77, "trip", 1));
    }

    private static List<Fix> merge(TrackPoint... points) {
        List<Fix> fixes = new ArrayList<>();
        new TrackMerge(List.of(points), "trip").forEachRemaining(fixes::add);
        return fixes;
    }

    private static TrackPoint point(String vehicle, long at) {
        return new TrackPoint(vehicle, 0, 0, 0, at);
    }
}
