package dev.restbus.broker.replication;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Puts the appends of one partition in order without a lock: one thread at a time holds the
 * partition and writes all that is queued as one round; another leaves its append in the queue. The
 * holder looks at the queue again after it let go, so that nothing is left behind. Thread-safe.
 */
final class AppendQueue {

    /** Writes rounds, each called by the holder. */
    @FunctionalInterface
    interface Writer {
        /**
         * Writes and answers appends, or refuses them.
         *
         * @param beforeForce by the thread that forces next, which need not be asked again
         */
        void write(List<Append> round, boolean beforeForce);
    }

    /**
     * How often a thread looks again for an append that another thread is about to write: a write
     * takes about a microsecond, an answer from another thread ten times that.
     */
    private static final int SPINS = 500;

    private static final long HOLD_RETRY_NANOS = 50_000;

    private final Writer writer;
    private final Queue<Append> queue = new ConcurrentLinkedQueue<>();

    /** Whether some thread holds the partition: only it takes from the queue and writes. */
    private final AtomicBoolean held = new AtomicBoolean();

    AppendQueue(Writer writer) {
        this.writer = writer;
    }

    /** Leaves an append for who drains next. */
    void add(Append append) {
        queue.add(append);
    }

    /** Writes an append on this thread if nobody holds the partition, else leaves it. */
    void writeNow(Append append) {
        if (held.compareAndSet(false, true)) {
            writeFirst(append);
            drain(false);
            return;
        }
        queue.add(append);
        drain(false);
        for (int i = 0; i < SPINS && !append.answer().isDone(); i++) {
            Thread.onSpinWait();
            drain(false);
        }
    }

    /** By the holder, with what is queued before it. */
    private void writeFirst(Append append) {
        try {
            if (queue.isEmpty()) {
                writer.write(List.of(append), false);
            } else {
                queue.add(append);
                writeQueued(false);
            }
        } finally {
            held.set(false);
        }
    }

    /**
     * Writes what is queued, unless another thread does.
     *
     * @param beforeForce as in {@link Writer#write}
     */
    void drain(boolean beforeForce) {
        while (!queue.isEmpty() && held.compareAndSet(false, true)) {
            try {
                writeQueued(beforeForce);
            } finally {
                held.set(false);
            }
        }
    }

    private void writeQueued(boolean beforeForce) {
        List<Append> round = new ArrayList<>();
        Append next = queue.poll();
        while (next != null) {
            round.add(next);
            next = queue.poll();
        }
        if (!round.isEmpty()) {
            writer.write(round, beforeForce);
        }
    }

    /** Does something short while nothing is written; waits for its turn. */
    <T> T holding(Supplier<T> step) {
        while (!held.compareAndSet(false, true)) {
            LockSupport.parkNanos(HOLD_RETRY_NANOS);
        }
        try {
            return step.get();
        } finally {
            held.set(false);
            drain(false);
        }
    }

    /** Ends the waits of those in the queue that are past their deadline. */
    void expire(long nowNanos) {
        for (Append append : queue) {
            if (append.isForAll() && append.isLate(nowNanos)) {
                append.answer().completeExceptionally(HighWatermark.NOT_IN_TIME);
            }
        }
    }
}
