package dev.restbus.sample.gps.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReplayPaceTest {

    private final AtomicLong nanos = new AtomicLong(-5);

    @Test
    void theFirstPointIsDueAtOnce() {
        assertThat(pace(1).waitMs(1_000)).isZero();
    }

    @Test
    void atSpeedOneAPointIsDueAsMuchLaterAsItWasRecorded() {
        ReplayPace pace = pace(1);
        assertThat(pace.waitMs(3_500)).isEqualTo(2_500);
        pass(Duration.ofMillis(2_000));
        assertThat(pace.waitMs(3_500)).isEqualTo(500);
        pass(Duration.ofMillis(500));
        assertThat(pace.waitMs(3_500)).isZero();
    }

    @Test
    void speedShortensTheWait() {
        assertThat(pace(60).waitMs(61_000)).isEqualTo(1_000);
        assertThat(pace(0.5).waitMs(2_000)).isEqualTo(2_000);
    }

    @Test
    void aPointBeforeTheFirstIsDueAtOnce() {
        assertThat(pace(1).waitMs(0)).isZero();
    }

    private ReplayPace pace(double speed) {
        return new ReplayPace(1_000, speed, nanos::get);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
