package dev.restbus.sample.gps.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.sample.gps.fix.Fix;
import org.junit.jupiter.api.Test;

class OutboxTest {

    @Test
    void whatIsStoredLeavesAndTheRestStaysInOrder() {
        Outbox outbox = filled(5, 10);

        assertThat(outbox.oldest(3)).extracting(Fix::seq).containsExactly(1L, 2L, 3L);
        outbox.settle(new boolean[] {false, true, false});

        assertThat(outbox.oldest(9)).extracting(Fix::seq).containsExactly(1L, 3L, 4L, 5L);
        assertThat(outbox.dropped()).isZero();
    }

    @Test
    void aboveItsSizeTheOldestAreDropped() {
        Outbox outbox = filled(12, 10);

        assertThat(outbox.size()).isEqualTo(10);
        assertThat(outbox.dropped()).isEqualTo(2);
        assertThat(outbox.oldest(1)).extracting(Fix::seq).containsExactly(3L);
    }

    private static Outbox filled(int fixes, int maxFixes) {
        Outbox outbox = new Outbox(maxFixes);
        for (int seq = 1; seq <= fixes; seq++) {
            outbox.add(new Fix("a", 0, 0, 0, 0, 0, "trip", seq));
        }
        return outbox;
    }
}
