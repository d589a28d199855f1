package dev.restbus.sample.gps.dashboard;

import dev.restbus.sample.gps.fix.Fix;

/**
 * A cab as the dashboard shows it.
 *
 * @param at when it was there, epoch milliseconds by its own clock
 * @param ageMs since that fix was sent
 * @param state fresh, ageing, stale (its reports wait in the log) or silent (it sends none)
 * @param fixes taken since the start of this process
 * @param trail longitude and latitude of the last fixes, oldest first
 */
record CabView(
        String cab,
        double lon,
        double lat,
        double speedKmh,
        long at,
        long ageMs,
        String state,
        long fixes,
        String trip,
        long seq,
        int partition,
        long offset,
        double[][] trail) {

    static CabView of(CabTrack track, Freshness freshness) {
        Fix fix = track.newest();
        return new CabView(
                fix.cab(),
                fix.lon(),
                fix.lat(),
                fix.speedKmh(),
                fix.at(),
                freshness.ageMs(fix),
                freshness.of(fix).text(),
                track.fixes(),
                fix.trip(),
                fix.seq(),
                track.partition(),
                track.offset(),
                track.trail());
    }
}
