package dev.restbus.sample.gps.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.sample.gps.dashboard.Freshness.State;
import dev.restbus.sample.gps.fix.Fix;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FreshnessTest {

    private static final long NOW = 1_000_000;

    @Test
    void theAgeOfTheLastFixDecides() {
        Freshness behind = new Freshness(NOW, 60_000);
        assertThat(behind.of(fixOfAge(10_999))).isEqualTo(State.FRESH);
        assertThat(behind.of(fixOfAge(11_000))).isEqualTo(State.AGEING);
        assertThat(behind.of(fixOfAge(29_999))).isEqualTo(State.AGEING);
        assertThat(behind.of(fixOfAge(30_000))).isEqualTo(State.STALE);
    }

    @Test
    void aCabIsSilentIfTheDashboardReadPastItsNextReports() {
        Fix old = fixOfAge(70_000);
        assertThat(new Freshness(NOW, 0).of(old)).isEqualTo(State.SILENT);
        assertThat(new Freshness(NOW, 40_000).of(old)).isEqualTo(State.SILENT);
        assertThat(new Freshness(NOW, 40_001).of(old)).isEqualTo(State.STALE);
    }

    @Test
    void statesAreCountedAndSilentCabsHaveNoAge() {
        Freshness keepsUp = new Freshness(NOW, 0);
        List<Fix> fixes = List.of(fixOfAge(20_000), fixOfAge(5), fixOfAge(40_000), fixOfAge(-9));

        assertThat(keepsUp.states(fixes))
                .isEqualTo(Map.of("fresh", 2, "ageing", 1, "stale", 0, "silent", 1));
        assertThat(keepsUp.ages(fixes)).containsExactly(0, 5, 20_000);
    }

    private static Fix fixOfAge(long ageMs) {
        return new Fix("a", 0, 0, 0, 0, NOW - ageMs, "trip", 1);
    }
}
