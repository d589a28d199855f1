package dev.restbus.sample.gps.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fleet.Roads.Crossing;
import dev.restbus.sample.gps.fleet.Roads.Road;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RoadsTest {

    private static final double METRES_PER_DEGREE = 111_320;

    private final Roads roads = new Roads();

    @Test
    void everyCrossingCanBeReached() {
        Set<Integer> reached = new HashSet<>(Set.of(0));
        Deque<Integer> next = new ArrayDeque<>(reached);
        while (!next.isEmpty()) {
            int crossing = next.remove();
            for (Road road : roads.roadsOf(crossing)) {
                if (reached.add(road.otherEnd(crossing))) {
                    next.add(road.otherEnd(crossing));
                }
            }
        }
        assertThat(reached).hasSameSizeAs(roads.crossings());
    }

    @Test
    void theRoadsAreTheSameOnEveryStart() {
        assertThat(new Roads().crossings()).isEqualTo(roads.crossings());
        assertThat(new Roads().roads()).isEqualTo(roads.roads());
    }

    @Test
    void aCabStaysOnTheRoadsAndCountsItsFixes() {
        Cab cab = new Cab("cab", "trip", roads, new SplittableRandom(7));
        for (int seq = 1; seq <= 500; seq++) {
            Fix fix = cab.drive(10, seq * 10_000L);
            assertThat(fix.seq()).isEqualTo(seq);
            assertThat(fix.at()).isEqualTo(seq * 10_000L);
            assertThat(fix.speedKmh()).isBetween(5.0, 70.0);
            assertThat(metresToTheNearestRoad(fix)).isCloseTo(0, within(1.0));
        }
    }

    private double metresToTheNearestRoad(Fix fix) {
        return roads.roads().stream().mapToDouble(r -> metresTo(r, fix)).min().orElseThrow();
    }

    private double metresTo(Road road, Fix fix) {
        double squeeze = Math.cos(Math.toRadians(Roads.CENTRE_LAT));
        Crossing a = roads.crossings().get(road.from());
        Crossing b = roads.crossings().get(road.to());
        double dx = (b.lon() - a.lon()) * squeeze;
        double dy = b.lat() - a.lat();
        double px = (fix.lon() - a.lon()) * squeeze;
        double py = fix.lat() - a.lat();
        double part = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy)));
        return Math.hypot(px - part * dx, py - part * dy) * METRES_PER_DEGREE;
    }
}
