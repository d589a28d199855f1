package dev.restbus.sample.gps.dashboard;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of the page. Counts are since the start of this process unless said otherwise.
 *
 * @param busUrl the bus as a browser reaches it
 * @param connected whether the bus answered a moment ago
 * @param cabs on the map
 * @param fixesIn ever stored in the topic
 * @param fixesShown by the dashboard
 * @param lag of the dashboard's group, as the bus says
 * @param behindMs how old the fixes are that the dashboard reads now; 0 if it keeps up
 * @param ratePerSecond of the dashboard; null for no limit
 * @param orderViolations fixes that came behind a newer one of their cab
 * @param missed fixes that the numbering of a cab says there were, and that never came
 * @param repeated fixes that were handed out twice; they are shown once
 * @param states how many cabs are fresh, ageing, stale and silent
 * @param age of the newest fix of a cab, over the cabs that are not silent
 * @param fixesPerCab shown of each cab; left out with {@code counts=false}
 */
record Stats(
        String busUrl,
        boolean connected,
        int cabs,
        long fixesIn,
        long fixesShown,
        double inPerSecond,
        double shownPerSecond,
        long lag,
        long behindMs,
        @Nullable Double ratePerSecond,
        long orderViolations,
        long missed,
        long repeated,
        Map<String, Integer> states,
        Age age,
        List<BusWatch.Lane> lanes,
        @Nullable Map<String, Long> fixesPerCab) {

    /** Milliseconds; 0 where there is no cab. */
    record Age(long medianMs, long maxMs) {}
}
