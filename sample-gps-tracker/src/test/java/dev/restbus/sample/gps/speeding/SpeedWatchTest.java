package dev.restbus.sample.gps.speeding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.speeding.SpeedWatch.Speeder;
import org.junit.jupiter.api.Test;

class SpeedWatchTest {

    @Test
    void onlyFixesAboveTheLimitCount() {
        SpeedWatch watch = new SpeedWatch(50);
        watch.check(fix("a", 50));
        watch.check(fix("a", 50.1));
        watch.check(fix("b", 80));
        watch.check(fix("b", 60));

        SpeedWatch.Report report = watch.report(1);
        assertThat(report.checked()).isEqualTo(4);
        assertThat(report.over()).isEqualTo(3);
        assertThat(report.topKmh()).isEqualTo(80);
        assertThat(report.worst()).containsExactly(new Speeder("b", 2));
    }

    private static Fix fix(String cab, double speedKmh) {
        return new Fix(cab, 0, 0, speedKmh, 0, 0, "trip", 1);
    }
}
