package dev.restbus.sample.gps.dashboard;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.ToLongFunction;

/** The last five minutes, a sample a second. Safe for any number of threads. */
final class History {

    static final int SAMPLES = 300;

    private static final int RATE_SAMPLES = 5;

    /** Oldest first. */
    private final Deque<Sample> samples = new ArrayDeque<>();

    synchronized void add(Sample sample) {
        if (samples.size() == SAMPLES) {
            samples.removeFirst();
        }
        samples.addLast(sample);
    }

    synchronized List<Sample> all() {
        return new ArrayList<>(samples);
    }

    /** How much a total grew, a second, over the last five; 0 until there are two samples. */
    synchronized double perSecond(ToLongFunction<Sample> total) {
        if (samples.size() < 2) {
            return 0;
        }
        Iterator<Sample> backwards = samples.descendingIterator();
        Sample newest = backwards.next();
        Sample oldest = newest;
        for (int i = 0; i < RATE_SAMPLES && backwards.hasNext(); i++) {
            oldest = backwards.next();
        }
        long grown = total.applyAsLong(newest) - total.applyAsLong(oldest);
        return Math.max(0, grown * 1000.0 / Math.max(1, newest.atMs() - oldest.atMs()));
    }

    /**
     * One moment.
     *
     * @param inLog fixes stored until then
     * @param shown fixes shown until then
     */
    record Sample(long atMs, long inLog, long shown, long lag, long behindMs) {}
}
