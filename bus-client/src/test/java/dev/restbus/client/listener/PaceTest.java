package dev.restbus.client.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long SECOND = 1_000_000_000;

    private static final long SEED = 7;

    private long now = 5_000;

    private final Pace pace = Pace.perSecond(15, () -> now);

    @Test
    void turnsAreEvenlySpaced() {
        assertThat(pace.reserveNanos()).isZero();
        assertThat(pace.reserveNanos()).isEqualTo(66_666_667);
        assertThat(pace.reserveNanos()).isEqualTo(133_333_333);
        assertThat(pace.reserveNanos()).isEqualTo(200_000_000);
    }

    @Test
    void lateTurnsDoNotShiftTheNextOnes() {
        for (int turn = 0; turn < 900; turn++) {
            now += pace.reserveNanos();
            // Every sleep overshoots by 3 ms.
            now += 3_000_000;
        }
        assertThat(now - 5_000).isCloseTo(899 * SECOND / 15, within(4_000_000L));
    }

    @Test
    void aFastPaceSurvivesPausesThatAreLongerThanItsInterval() {
        Pace fast = Pace.perSecond(100, () -> now);
        for (int turn = 0; turn < 1_000; turn++) {
            now += fast.reserveNanos();
            now += turn % 20 == 0 ? 40_000_000 : 1_000_000;
        }
        assertThat(now - 5_000).isCloseTo(10 * SECOND, within(60_000_000L));
    }

    @Test
    void unusedTimeIsNotMadeUpByABurst() {
        pace.reserveNanos();
        now += 10 * SECOND;

        assertThat(pace.reserveNanos()).isZero();
        assertThat(pace.reserveNanos()).isEqualTo(66_666_667);
    }

    @Test
    void noSecondHasMoreTurnsThanTheRateAndTheTwoAtItsEdges() {
        long[] turns = new long[3_000];
        java.util.Random lateness = new Random(SEED);
        for (int turn = 0; turn < turns.length; turn++) {
            now += pace.reserveNanos();
            turns[turn] = now;
            now += lateness.nextInt(120_000_000);
        }
        for (int turn = 0; turn + 17 < turns.length; turn++) {
            assertThat(turns[turn + 17] - turns[turn])
                    .as("seed %d", SEED)
                    .isGreaterThanOrEqualTo(SECOND);
        }
    }

    @Test
    void aPaceIsAboveZero() {
        assertThatIllegalArgumentException().isThrownBy(() -> Pace.perSecond(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Pace.perSecond(Double.NaN));
    }
}
