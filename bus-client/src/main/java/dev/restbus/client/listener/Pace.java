package dev.restbus.client.listener;

import java.util.function.LongSupplier;

/**
 * Evenly spaced turns on a monotonic clock, shared by any number of threads: turn n + 1 is one
 * interval after turn n. A turn that is taken late, by up to one interval or 50 ms, does not shift
 * the next ones, so that the average is exact although sleeps overshoot; a longer gap starts a new
 * count, so that unused time is never made up by a burst. Safe for any number of threads.
 */
public final class Pace {

    private static final double NANOS_PER_SECOND = 1e9;

    private final LongSupplier nanoClock;

    /**
     * Short pauses of a machine are made up for; they are longer than the interval of a fast pace.
     */
    private static final double TOLERATED_NANOS = 50e6;

    private final double intervalNanos;

    /** The nominal time of the next turn, relative to {@link #originNanos}. */
    private double nextNanos;

    private final long originNanos;

    private Pace(double perSecond, LongSupplier nanoClock) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("a pace is above 0 per second, not " + perSecond);
        }
        this.intervalNanos = NANOS_PER_SECOND / perSecond;
        this.nanoClock = nanoClock;
        this.originNanos = nanoClock.getAsLong();
    }

    /** So many turns a second, the first one at once. */
    public static Pace perSecond(double perSecond) {
        return new Pace(perSecond, System::nanoTime);
    }

    /**
     * The same on another clock.
     *
     * @param nanoClock monotonic, in nanoseconds
     */
    public static Pace perSecond(double perSecond, LongSupplier nanoClock) {
        return new Pace(perSecond, nanoClock);
    }

    /** Takes the next turn: how many nanoseconds from now it begins, 0 or more. */
    public synchronized long reserveNanos() {
        double now = nanoClock.getAsLong() - originNanos;
        double turn = now - nextNanos > Math.max(intervalNanos, TOLERATED_NANOS) ? now : nextNanos;
        nextNanos = turn + intervalNanos;
        return Math.max(0, Math.round(turn - now));
    }
}
