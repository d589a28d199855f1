package dev.restbus.sample.gps.fleet;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Spreads the reports of a fleet evenly over a round, so that each cab reports once a round and the
 * bus never sees all of them at once. For one thread.
 */
final class ReportRounds {

    private final long roundNanos;
    private final LongSupplier nanoClock;

    private int cabs;
    private long startNanos;

    /** Reports due since {@link #startNanos} that were taken or skipped. */
    private long taken;

    private int next;
    private long skipped;

    ReportRounds(Duration round, LongSupplier nanoClock) {
        this.roundNanos = round.toNanos();
        this.nanoClock = nanoClock;
    }

    /** Changes the size of the fleet, from now on. */
    void resize(int newCabs) {
        cabs = newCabs;
        startNanos = nanoClock.getAsLong();
        taken = 0;
        next = newCabs == 0 ? 0 : next % newCabs;
    }

    /**
     * Takes the reports that are due by now.
     *
     * @return how many, at most one a cab: what a longer pause left out is skipped, since a cab
     *     reports where it is and not where it was
     */
    int takeDue() {
        double rounds = (nanoClock.getAsLong() - startNanos) / (double) roundNanos;
        long all = (long) (rounds * cabs);
        long due = all - taken;
        taken = all;
        int now = (int) Math.min(due, cabs);
        skipped += due - now;
        return now;
    }

    /** The cab whose turn it is, 0 to the fleet's size - 1; each call is one turn. */
    int nextCab() {
        int cab = next;
        next = (next + 1) % cabs;
        return cab;
    }

    long skipped() {
        return skipped;
    }
}
