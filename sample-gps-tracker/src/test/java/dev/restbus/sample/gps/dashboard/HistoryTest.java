package dev.restbus.sample.gps.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HistoryTest {

    private final History history = new History();

    @Test
    void theRateIsTheGrowthOfTheLastFiveSeconds() {
        for (int second = 0; second <= 20; second++) {
            history.add(sample(second, second < 10 ? 0 : (second - 10) * 40L));
        }
        assertThat(history.perSecond(History.Sample::inLog)).isEqualTo(40);
    }

    @Test
    void withoutTwoSamplesThereIsNoRate() {
        assertThat(history.perSecond(History.Sample::inLog)).isZero();
        history.add(sample(0, 100));
        assertThat(history.perSecond(History.Sample::inLog)).isZero();
    }

    @Test
    void aTotalThatShrankHasNoRate() {
        history.add(sample(0, 100));
        history.add(sample(1, 0));
        assertThat(history.perSecond(History.Sample::inLog)).isZero();
    }

    @Test
    void onlyTheLastMinutesAreKept() {
        for (int second = 0; second < History.SAMPLES + 7; second++) {
            history.add(sample(second, 0));
        }
        assertThat(history.all()).hasSize(History.SAMPLES);
        assertThat(history.all().get(0).atMs()).isEqualTo(7_000);
    }

    private static History.Sample sample(int second, long inLog) {
        return new History.Sample(second * 1_000L, inLog, 0, 0, 0);
    }
}
