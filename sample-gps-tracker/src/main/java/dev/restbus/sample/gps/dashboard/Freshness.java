package dev.restbus.sample.gps.dashboard;

import dev.restbus.sample.gps.fix.Fix;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How old the picture of a cab is. A cab that stopped reporting is told from one whose reports are
 * still waiting in the log by how far the dashboard is behind: what it has read so far would hold a
 * report of a cab that still drives.
 *
 * @param nowMs the time it is asked for
 * @param behindMs how old the fixes are that the dashboard reads now, in the partition where they
 *     are oldest; 0 if it keeps up
 */
record Freshness(long nowMs, long behindMs) {

    /** A round of reports is 10 s; a little on top is the way of the fix. */
    static final long FRESH_MS = 11_000;

    static final long STALE_MS = 30_000;

    State of(Fix fix) {
        long age = ageMs(fix);
        if (age < FRESH_MS) {
            return State.FRESH;
        }
        if (age < STALE_MS) {
            return State.AGEING;
        }
        return age < behindMs + STALE_MS ? State.STALE : State.SILENT;
    }

    long ageMs(Fix fix) {
        return Math.max(0, nowMs - fix.sentAt());
    }

    /** How many cabs there are of each state, by its name in lower case. */
    Map<String, Integer> states(List<Fix> newest) {
        Map<String, Integer> states = new LinkedHashMap<>();
        for (State state : State.values()) {
            states.put(state.text(), 0);
        }
        newest.forEach(fix -> states.merge(of(fix).text(), 1, Integer::sum));
        return states;
    }

    /** Of the cabs that are not silent, oldest last. */
    long[] ages(List<Fix> newest) {
        return newest.stream()
                .filter(fix -> of(fix) != State.SILENT)
                .mapToLong(this::ageMs)
                .sorted()
                .toArray();
    }

    /** Green, amber, red, and grey. */
    enum State {
        FRESH,
        AGEING,
        STALE,
        SILENT;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
