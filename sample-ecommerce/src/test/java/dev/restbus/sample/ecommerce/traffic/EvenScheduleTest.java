package dev.restbus.sample.ecommerce.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EvenScheduleTest {

    private static final long SECOND = 1_000_000_000;

    @Test
    void aBurstHasExactlyRateTimesSecondsEvents() {
        int all =
                EvenSchedule.of(10, 20).events()
                        + EvenSchedule.of(20, 20).events()
                        + EvenSchedule.of(30, 20).events();

        assertThat(all).isEqualTo(1_200);
        assertThat(EvenSchedule.of(0.5, 3).events()).isEqualTo(2);
    }

    @Test
    void eventsAreEvenlySpacedAndNothingAccumulates() {
        EvenSchedule schedule = EvenSchedule.of(30, 20);

        assertThat(schedule.dueNanos(0)).isZero();
        assertThat(schedule.dueNanos(1)).isEqualTo(33_333_333);
        assertThat(schedule.dueNanos(30)).isEqualTo(SECOND);
        assertThat(schedule.dueNanos(599)).isEqualTo(20 * SECOND - 33_333_333);
    }
}
