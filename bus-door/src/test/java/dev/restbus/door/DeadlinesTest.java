package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

    @Test
    void aTransferMayTakeLongerIfItKeepsThePace() {
        try (Deadlines deadlines = new Deadlines(30_000, 1_024)) {
            assertThat(isLate(deadlines, 30_000, 0)).isFalse();
            assertThat(isLate(deadlines, 30_001, 30_000)).isTrue();
            assertThat(isLate(deadlines, 60_000, 61_440)).isFalse();
            assertThat(isLate(deadlines, 60_000, 61_439)).isTrue();
        }
    }

    private static boolean isLate(Deadlines deadlines, long elapsedMs, long bytes) {
        long start = Long.MAX_VALUE - 5;
        return deadlines.isLate(start, start + TimeUnit.MILLISECONDS.toNanos(elapsedMs), bytes);
    }
}
