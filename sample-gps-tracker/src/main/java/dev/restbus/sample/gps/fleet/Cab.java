package dev.restbus.sample.gps.fleet;

import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fleet.Roads.Crossing;
import dev.restbus.sample.gps.fleet.Roads.Road;
import java.util.List;
import java.util.SplittableRandom;

/** One cab: drives along the roads and turns at random. For one thread. */
final class Cab {

    private static final double KMH_PER_MPS = 3.6;
    private static final double MIN_KMH = 6;
    private static final double STREET_KMH = 42;
    private static final double AVENUE_KMH = 62;
    private static final double CHANGE_KMH = 9;

    private final String name;
    private final String trip;
    private final Roads roads;
    private final SplittableRandom random;

    private Road road;

    /** The end of {@link #road} that the cab came from. */
    private int behind;

    /** How far it is from there, 0 to the length of the road. */
    private double metres;

    private double speedKmh;
    private long seq;

    Cab(String name, String trip, Roads roads, SplittableRandom random) {
        this.name = name;
        this.trip = trip;
        this.roads = roads;
        this.random = random;
        this.road = roads.roads().get(random.nextInt(roads.roads().size()));
        this.behind = road.from();
        this.metres = random.nextDouble() * road.metres();
        this.speedKmh = random.nextDouble(MIN_KMH, STREET_KMH);
    }

    /** Drives on and reports. */
    Fix drive(double seconds, long nowMs) {
        double limit = road.avenue() ? AVENUE_KMH : STREET_KMH;
        double wanted = speedKmh + random.nextDouble(-CHANGE_KMH, CHANGE_KMH);
        speedKmh = Math.max(MIN_KMH, Math.min(limit, wanted));
        move(seconds * speedKmh / KMH_PER_MPS);
        Crossing a = roads.crossings().get(behind);
        Crossing b = roads.crossings().get(road.otherEnd(behind));
        double part = metres / road.metres();
        return new Fix(
                name,
                round(a.lon() + (b.lon() - a.lon()) * part, 1e6),
                round(a.lat() + (b.lat() - a.lat()) * part, 1e6),
                round(speedKmh, 10),
                nowMs,
                nowMs,
                trip,
                ++seq);
    }

    private void move(double distance) {
        metres += distance;
        while (metres > road.metres()) {
            metres -= road.metres();
            behind = road.otherEnd(behind);
            road = turn();
        }
    }

    /** Any road but the one it came by, unless that is the only one. */
    private Road turn() {
        List<Road> choices = roads.roadsOf(behind);
        if (choices.size() == 1) {
            return choices.get(0);
        }
        Road next;
        do {
            next = choices.get(random.nextInt(choices.size()));
        } while (next == road);
        return next;
    }

    private static double round(double value, double parts) {
        return Math.round(value * parts) / parts;
    }
}
