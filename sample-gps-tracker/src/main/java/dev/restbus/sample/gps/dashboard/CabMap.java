package dev.restbus.sample.gps.dashboard;

import dev.restbus.sample.gps.dashboard.CabTrack.Arrival;
import dev.restbus.sample.gps.fix.Fix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * What the dashboard has seen: the newest fix and a short trail of each cab. Holds a bounded number
 * of cabs; above it, the one heard of longest ago is forgotten. Safe for any number of threads.
 */
@Component
class CabMap {

    static final int MAX_CABS = 20_000;

    /** The one heard of longest ago first. */
    private final Map<String, CabTrack> tracks = new LinkedHashMap<>();

    /** When the last fix taken from each partition was sent. */
    private final Map<Integer, Long> lastSentAt = new HashMap<>();

    private final int maxCabs;
    private long version;
    private long shown;
    private long repeated;
    private long late;
    private long missed;

    CabMap() {
        this(MAX_CABS);
    }

    CabMap(int maxCabs) {
        this.maxCabs = maxCabs;
    }

    /** Shows a fix that was just read. */
    synchronized void show(Fix fix, int partition, long offset) {
        CabTrack track = place(fix, partition, offset, true);
        if (track != null) {
            track.count(++version);
            shown++;
        }
    }

    /** Puts a fix on the map that an earlier run has shown already; counts nothing. */
    synchronized void recall(Fix fix, int partition, long offset) {
        CabTrack track = place(fix, partition, offset, false);
        if (track != null) {
            track.touch(++version);
        }
    }

    /** Empties the map; the counts stay. */
    synchronized void clear() {
        tracks.clear();
    }

    /** Cabs that changed after a version, all of them for 0; at most so many. */
    synchronized List<CabView> changedSince(long since, int limit, Freshness freshness) {
        List<CabView> views = new ArrayList<>();
        for (CabTrack track : tracks.values()) {
            if (track.version() > since && views.size() < limit) {
                views.add(CabView.of(track, freshness));
            }
        }
        return views;
    }

    synchronized @Nullable CabView find(String cab, Freshness freshness) {
        CabTrack track = tracks.get(cab);
        return track == null ? null : CabView.of(track, freshness);
    }

    /** Fixes taken of each cab since the start. */
    synchronized Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        tracks.forEach((cab, track) -> counts.put(cab, track.fixes()));
        return counts;
    }

    synchronized Totals totals() {
        return new Totals(tracks.size(), shown, repeated, late, missed, version);
    }

    /** When the last fix that was taken from a partition was sent, epoch milliseconds, or null. */
    synchronized @Nullable Long lastSentAt(int partition) {
        return lastSentAt.get(partition);
    }

    /** The newest fix of each cab. */
    synchronized List<Fix> newest() {
        return tracks.values().stream().map(CabTrack::newest).toList();
    }

    /** Returns the track if the fix is the newest of its cab now. */
    private @Nullable CabTrack place(Fix fix, int partition, long offset, boolean counted) {
        lastSentAt.put(partition, fix.sentAt());
        CabTrack track = tracks.get(fix.cab());
        if (track == null) {
            track = new CabTrack(fix, partition, offset);
            makeRoom();
            tracks.put(fix.cab(), track);
            return track;
        }
        Arrival arrival = track.judge(fix, partition, offset);
        if (arrival != Arrival.NEXT) {
            repeated += counted && arrival == Arrival.REPEATED ? 1 : 0;
            late += counted && arrival == Arrival.LATE ? 1 : 0;
            return null;
        }
        long left = track.advance(fix, partition, offset);
        missed += counted ? left : 0;
        tracks.remove(fix.cab());
        tracks.put(fix.cab(), track);
        return track;
    }

    private void makeRoom() {
        if (tracks.size() == maxCabs) {
            Iterator<CabTrack> oldest = tracks.values().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /**
     * Counts since the start.
     *
     * @param cabs on the map now
     * @param shown fixes that were the newest of their cab when they were read
     * @param repeated fixes that were handed out a second time, and left out
     * @param late fixes that came behind a newer one of their cab: order violations
     * @param missed numbers of a trip that were never seen
     * @param version grows with each change of the map
     */
    record Totals(int cabs, long shown, long repeated, long late, long missed, long version) {}
}
