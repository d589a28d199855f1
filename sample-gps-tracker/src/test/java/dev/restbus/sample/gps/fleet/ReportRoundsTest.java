package dev.restbus.sample.gps.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportRoundsTest {

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 7);
    private final ReportRounds rounds = new ReportRounds(Duration.ofSeconds(10), nanos::get);

    @Test
    void sixtyCabsMakeSixReportsASecond() {
        rounds.resize(60);
        for (int second = 0; second < 30; second++) {
            pass(1_000);
            assertThat(rounds.takeDue()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 60, 499, 5_000})
    void eachCabReportsOnceARoundHoweverTheTicksFall(int cabs) {
        rounds.resize(cabs);
        int[] reports = new int[cabs];
        for (int tick = 0; tick < 30_000 / 125; tick++) {
            pass(125);
            for (int due = rounds.takeDue(); due > 0; due--) {
                reports[rounds.nextCab()]++;
            }
        }
        assertThat(reports).containsOnly(3);
        assertThat(rounds.skipped()).isZero();
    }

    @Test
    void reportsAreSpreadEvenlyOverTheRound() {
        rounds.resize(5_000);
        for (int tick = 0; tick < 100; tick++) {
            pass(100);
            assertThat(rounds.takeDue()).isBetween(49, 51);
        }
    }

    @Test
    void afterALongPauseEachCabReportsOnceAndTheRestIsSkipped() {
        rounds.resize(10);
        pass(35_000);
        assertThat(rounds.takeDue()).isEqualTo(10);
        assertThat(rounds.skipped()).isEqualTo(25);
        pass(1_000);
        assertThat(rounds.takeDue()).isEqualTo(1);
    }

    @Test
    void anotherSizeCountsFromItsOwnStart() {
        rounds.resize(100);
        pass(5_000);
        rounds.takeDue();
        rounds.resize(10);
        assertThat(rounds.takeDue()).isZero();
        pass(1_000);
        assertThat(rounds.takeDue()).isEqualTo(1);
        assertThat(rounds.nextCab()).isBetween(0, 9);
    }

    @Test
    void noCabReportsNothing() {
        rounds.resize(0);
        pass(60_000);
        assertThat(rounds.takeDue()).isZero();
    }

    private void pass(long ms) {
        nanos.addAndGet(Duration.ofMillis(ms).toNanos());
    }
}
