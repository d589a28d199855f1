package dev.restbus.sample.gps.fleet;

import dev.restbus.sample.gps.fix.Fix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Fixes that the bus has not confirmed yet, oldest first, as a real tracker keeps them while it is
 * out of reach. Bounded: above its size the oldest are dropped. For one thread.
 */
final class Outbox {

    private final int maxFixes;
    private final Deque<Fix> waiting = new ArrayDeque<>();
    private long dropped;

    Outbox(int maxFixes) {
        this.maxFixes = maxFixes;
    }

    void add(Fix fix) {
        if (waiting.size() == maxFixes) {
            waiting.removeFirst();
            dropped++;
        }
        waiting.addLast(fix);
    }

    /** The oldest ones; they stay until they are settled. */
    List<Fix> oldest(int max) {
        return waiting.stream().limit(max).toList();
    }

    /**
     * Removes what was stored.
     *
     * @param stored for each of the oldest fixes, whether it is stored
     */
    void settle(boolean[] stored) {
        List<Fix> left = new ArrayList<>();
        for (boolean done : stored) {
            Fix fix = waiting.removeFirst();
            if (!done) {
                left.add(fix);
            }
        }
        for (int i = left.size() - 1; i >= 0; i--) {
            waiting.addFirst(left.get(i));
        }
    }

    int size() {
        return waiting.size();
    }

    long dropped() {
        return dropped;
    }
}
