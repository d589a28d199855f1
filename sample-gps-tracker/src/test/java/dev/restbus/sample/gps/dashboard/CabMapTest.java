package dev.restbus.sample.gps.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.sample.gps.fix.Fix;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CabMapTest {

    private static final Freshness NOW = new Freshness(1_000, 0);

    private final CabMap map = new CabMap(3);

    @Test
    void theNewestFixOfACabIsShown() {
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 2), 0, 11);

        assertThat(view("a").seq()).isEqualTo(2);
        assertThat(view("a").fixes()).isEqualTo(2);
        assertThat(map.totals().shown()).isEqualTo(2);
        assertThat(map.totals().late()).isZero();
        assertThat(map.totals().missed()).isZero();
    }

    @Test
    void whatIsHandedOutTwiceIsShownOnce() {
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 2), 0, 11);
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 2), 0, 11);

        assertThat(view("a").fixes()).isEqualTo(2);
        assertThat(map.totals().repeated()).isEqualTo(2);
        assertThat(map.totals().late()).isZero();
    }

    @Test
    void whatIsStoredTwiceIsShownOnce() {
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 2), 0, 11);
        map.show(fix("a", 1), 0, 12);

        assertThat(view("a").seq()).isEqualTo(2);
        assertThat(map.totals().repeated()).isEqualTo(1);
        assertThat(map.totals().late()).isZero();
    }

    @Test
    void aFixBehindANewerOneIsAnOrderViolationAndNotShown() {
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 4), 0, 11);
        map.show(fix("a", 3), 0, 12);

        assertThat(view("a").seq()).isEqualTo(4);
        assertThat(map.totals().missed()).isEqualTo(2);
        assertThat(map.totals().late()).isEqualTo(1);
    }

    @Test
    void anotherTripCountsFromItsOwnStart() {
        map.show(fix("a", 1), 0, 10);
        map.show(fix("a", 5), 0, 11);
        map.show(new Fix("a", 9, 9, 0, 0, 0, "another", 1), 0, 12);

        assertThat(view("a").trip()).isEqualTo("another");
        assertThat(view("a").trail()).hasDimensions(1, 2);
        assertThat(map.totals().late()).isZero();
    }

    @Test
    void fixesWithoutNumbersAreOrderedByTheirOffset() {
        map.show(new Fix("a", 1, 1, 0, 0, 0, "", 0), 0, 10);
        map.show(new Fix("a", 2, 2, 0, 0, 0, "", 0), 0, 11);
        map.show(new Fix("a", 1, 1, 0, 0, 0, "", 0), 0, 10);

        assertThat(view("a").lon()).isEqualTo(2);
        assertThat(map.totals().repeated()).isEqualTo(1);
        assertThat(map.totals().missed()).isZero();
    }

    @Test
    void aTrailIsBoundedAndEndsWithTheNewestFix() {
        for (int seq = 1; seq <= CabTrack.TRAIL_LENGTH + 5; seq++) {
            map.show(fix("a", seq), 0, seq);
        }

        double[][] trail = view("a").trail();
        assertThat(trail).hasDimensions(CabTrack.TRAIL_LENGTH, 2);
        assertThat(trail[0][0]).isEqualTo(6);
        assertThat(trail[CabTrack.TRAIL_LENGTH - 1][0]).isEqualTo(CabTrack.TRAIL_LENGTH + 5);
    }

    @Test
    void aboveItsSizeTheCabHeardOfLongestAgoIsForgotten() {
        map.show(fix("a", 1), 0, 1);
        map.show(fix("b", 1), 0, 2);
        map.show(fix("c", 1), 0, 3);
        map.show(fix("a", 2), 0, 4);
        map.show(fix("d", 1), 0, 5);

        assertThat(map.counts()).containsOnlyKeys("a", "c", "d");
    }

    @Test
    void whatIsRecalledIsOnTheMapButNotCounted() {
        map.recall(fix("a", 7), 0, 10);
        map.recall(fix("a", 8), 0, 11);
        map.show(fix("a", 8), 0, 11);
        map.show(fix("a", 9), 0, 12);

        assertThat(view("a").trail()).hasDimensions(3, 2);
        assertThat(view("a").fixes()).isEqualTo(1);
        assertThat(map.totals().shown()).isEqualTo(1);
        assertThat(map.totals().missed()).isZero();
    }

    @Test
    void onlyWhatChangedSinceAVersionIsListed() {
        map.show(fix("a", 1), 0, 1);
        map.show(fix("b", 1), 0, 2);
        long version = map.totals().version();
        map.show(fix("a", 2), 0, 3);

        assertThat(map.changedSince(version, 10, NOW))
                .extracting(CabView::cab)
                .containsExactly("a");
        assertThat(map.changedSince(0, 10, NOW)).hasSize(2);
        assertThat(map.changedSince(0, 1, NOW)).hasSize(1);
    }

    @Test
    void clearingForgetsCabsAndKeepsCounts() {
        map.show(fix("a", 1), 0, 1);
        map.clear();

        assertThat(map.totals().cabs()).isZero();
        assertThat(map.totals().shown()).isEqualTo(1);
    }

    private CabView view(String cab) {
        return Objects.requireNonNull(map.find(cab, NOW));
    }

    private static Fix fix(String cab, long seq) {
        return new Fix(cab, seq, 0, 30, seq, seq, "trip", seq);
    }
}
