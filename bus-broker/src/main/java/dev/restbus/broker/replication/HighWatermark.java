package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The offset below which every record is on disk on each in-sync replica, and everything that waits
 * for it to move: {@code acks=all} and long polls wait here and nowhere else. It never goes back.
 * Thread-safe. Listeners are called outside the lock, lowest offset first, by the executor: the
 * thread that forces must not be the one that writes answers.
 */
public final class HighWatermark {

    /** Told once, unless cancelled before. */
    @FunctionalInterface
    public interface Listener {
        /**
         * The mark reached the offset waited for ({@code failure} is null), or never will.
         *
         * @param failure 503 when the replica stopped, 504 when the time was up
         */
        void reached(@Nullable BusException failure);
    }

    /** One who waits. */
    public final class Waiter implements Comparable<Waiter> {
        private final long offset;
        private final long sequence;
        private final long deadlineNanos;
        private final Listener listener;

        private Waiter(long offset, long sequence, long deadlineNanos, Listener listener) {
            this.offset = offset;
            this.sequence = sequence;
            this.deadlineNanos = deadlineNanos;
            this.listener = listener;
        }

        /** Gives up. False if the listener was or is being called. */
        public boolean cancel() {
            synchronized (HighWatermark.this) {
                boolean waited = waiters.remove(this);
                someWait = !waiters.isEmpty();
                return waited;
            }
        }

        @Override
        public int compareTo(Waiter other) {
            int byOffset = Long.compare(offset, other.offset);
            return byOffset != 0 ? byOffset : Long.compare(sequence, other.sequence);
        }
    }

    /** The failure of a wait whose time was up. */
    static final BusException NOT_IN_TIME =
            ProblemCode.OUTCOME_UNKNOWN
                    .problem("the record was not confirmed in time and may be stored")
                    .withOutcome(Outcome.UNKNOWN)
                    .asException();

    /** No deadline: whoever waits cancels by itself. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    private final Executor executor;

    /** Told of each new wait, so that what is there already is forced soon. */
    private final Runnable onWait;

    private final NavigableSet<Waiter> waiters = new TreeSet<>();
    private long nextSequence;
    private volatile long offset;

    /** {@code !waiters.isEmpty()}, to be read without the lock. */
    private volatile boolean someWait;

    private @Nullable BusException failure;

    HighWatermark(long offset, Executor executor, Runnable onWait) {
        this.offset = offset;
        this.executor = executor;
        this.onWait = onWait;
    }

    /** Records below can be read. */
    public long offset() {
        return offset;
    }

    /**
     * Calls the listener once the mark is at or beyond {@code wanted}; at once, on this thread, if
     * it is there already or the replica has stopped.
     *
     * @param deadlineNanos on the {@link System#nanoTime} clock, checked about ten times a second;
     *     or {@link #NO_DEADLINE}
     * @return null if the listener has been called
     */
    public @Nullable Waiter await(long wanted, long deadlineNanos, Listener listener) {
        Waiter waiter = awaitForce(wanted, deadlineNanos, listener);
        if (waiter != null) {
            onWait.run();
        }
        return waiter;
    }

    /** {@link #await} for a force that is under way. */
    @Nullable Waiter awaitForce(long wanted, long deadlineNanos, Listener listener) {
        BusException stopped;
        synchronized (this) {
            stopped = failure;
            if (stopped == null && offset < wanted) {
                Waiter waiter = new Waiter(wanted, nextSequence++, deadlineNanos, listener);
                waiters.add(waiter);
                someWait = true;
                return waiter;
            }
        }
        listener.reached(offset >= wanted ? null : stopped);
        return null;
    }

    /** Whether anybody waits; may be out of date at once. */
    boolean hasWaiters() {
        return someWait;
    }

    /** How many wait. */
    public synchronized int waiting() {
        return waiters.size();
    }

    /** Moves the mark forward; a lower offset changes nothing. */
    void advance(long to) {
        List<Waiter> due = List.of();
        synchronized (this) {
            if (to <= offset) {
                return;
            }
            offset = to;
            if (!waiters.isEmpty()) {
                due = takeUpTo(to);
            }
        }
        tell(due, null);
    }

    /** Tells everybody who waits, now and later, that the mark will not move again. */
    void fail(BusException cause) {
        List<Waiter> due;
        synchronized (this) {
            failure = cause;
            due = new ArrayList<>(waiters);
            waiters.clear();
            someWait = false;
        }
        tell(due, cause);
    }

    /** Ends the waits that have a deadline and are past it. */
    void expire(long nowNanos) {
        List<Waiter> due = new ArrayList<>();
        synchronized (this) {
            waiters.removeIf(
                    waiter -> {
                        boolean late =
                                waiter.deadlineNanos != NO_DEADLINE
                                        && nowNanos - waiter.deadlineNanos >= 0;
                        if (late) {
                            due.add(waiter);
                        }
                        return late;
                    });
            someWait = !waiters.isEmpty();
        }
        tell(due, NOT_IN_TIME);
    }

    private void tell(List<Waiter> due, @Nullable BusException outcome) {
        if (!due.isEmpty()) {
            executor.execute(() -> due.forEach(waiter -> waiter.listener.reached(outcome)));
        }
    }

    private List<Waiter> takeUpTo(long to) {
        List<Waiter> due = new ArrayList<>();
        while (!waiters.isEmpty() && waiters.first().offset <= to) {
            due.add(waiters.pollFirst());
        }
        someWait = !waiters.isEmpty();
        return due;
    }
}
