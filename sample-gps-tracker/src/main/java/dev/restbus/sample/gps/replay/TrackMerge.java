package dev.restbus.sample.gps.replay;

import dev.restbus.sample.gps.fix.Fix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Brings the tracks of a file into one stream as they happened: the vehicles side by side by their
 * time, each one's points in the order of the file and numbered from 1. For one thread.
 */
final class TrackMerge implements Iterator<Fix> {

    private final String trip;
    private final int vehicles;
    private final PriorityQueue<Track> tracks =
            new PriorityQueue<>(
                    Comparator.comparingLong((Track track) -> track.head().at())
                            .thenComparingInt(track -> track.rank));

    TrackMerge(List<TrackPoint> points, String trip) {
        this.trip = trip;
        Map<String, Track> byVehicle = new LinkedHashMap<>();
        for (TrackPoint point : points) {
            byVehicle
                    .computeIfAbsent(point.vehicle(), name -> new Track(byVehicle.size()))
                    .points
                    .add(point);
        }
        tracks.addAll(byVehicle.values());
        vehicles = byVehicle.size();
    }

    int vehicles() {
        return vehicles;
    }

    @Override
    public boolean hasNext() {
        return !tracks.isEmpty();
    }

    /** The next fix; {@code sentAt} is 0 until it is sent. */
    @Override
    public Fix next() {
        Track track = tracks.remove();
        TrackPoint point = track.head();
        track.taken++;
        if (track.taken < track.points.size()) {
            tracks.add(track);
        }
        return new Fix(
                point.vehicle(),
                point.lon(),
                point.lat(),
                point.speedKmh(),
                point.at(),
                0,
                trip,
                track.taken);
    }

    private static final class Track {

        private final int rank;
        private final List<TrackPoint> points = new ArrayList<>();
        private int taken;

        Track(int rank) {
            this.rank = rank;
        }

        TrackPoint head() {
            return points.get(taken);
        }
    }
}
