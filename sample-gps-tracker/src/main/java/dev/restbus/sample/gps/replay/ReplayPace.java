package dev.restbus.sample.gps.replay;

import java.util.function.LongSupplier;

/** Turns the time of a recording into waiting time, the recording being so many times faster. */
final class ReplayPace {

    private static final double NANOS_PER_MS = 1e6;

    private final long firstAtMs;
    private final double speed;
    private final LongSupplier nanoClock;
    private final long startNanos;

    /**
     * Begins now.
     *
     * @param firstAtMs the time of the first point
     * @param speed recorded seconds a second, above 0
     */
    ReplayPace(long firstAtMs, double speed, LongSupplier nanoClock) {
        this.firstAtMs = firstAtMs;
        this.speed = speed;
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
    }

    /** How long until a point of this time is due, in milliseconds; 0 if it is. */
    long waitMs(long atMs) {
        double elapsedMs = (nanoClock.getAsLong() - startNanos) / NANOS_PER_MS;
        return Math.max(0, (long) Math.ceil((atMs - firstAtMs) / speed - elapsedMs));
    }
}
