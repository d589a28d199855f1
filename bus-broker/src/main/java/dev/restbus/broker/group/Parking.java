package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.broker.group.GroupClock.Timer;
import dev.restbus.broker.replication.HighWatermark;
import dev.restbus.broker.replication.HighWatermark.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One wait of one poll for the first of many things: a record in one of its partitions, a change,
 * the end of its time. Whatever comes first ends it, once, on a worker. Thread-safe.
 */
final class Parking {

    private final Executor workers;
    private final Runnable then;

    // Guarded by this.
    private final List<Waiter> waiters = new ArrayList<>();
    private @Nullable Timer timer;
    private boolean over;
    private @Nullable BusException failure;

    Parking(Executor workers, Runnable then) {
        this.workers = workers;
        this.then = then;
    }

    /** Ends once the mark is beyond {@code offset}, or will not move any more. */
    void awaitBeyond(HighWatermark mark, long offset) {
        Waiter waiter =
                mark.await(
                        offset + 1,
                        HighWatermark.NO_DEADLINE,
                        stopped -> {
                            note(stopped);
                            end();
                        });
        if (waiter != null && !keep(waiter)) {
            waiter.cancel();
        }
    }

    /** Ends at this time of the clock. */
    void awaitTime(GroupClock clock, long dueNanos) {
        Timer started = clock.schedule(dueNanos, this::end);
        synchronized (this) {
            timer = started;
            if (!over) {
                return;
            }
        }
        started.cancel();
    }

    /** Ends now. */
    void end() {
        List<Waiter> left;
        Timer leftTimer;
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
            left = List.copyOf(waiters);
            leftTimer = timer;
        }
        left.forEach(Waiter::cancel);
        if (leftTimer != null) {
            leftTimer.cancel();
        }
        workers.execute(then);
    }

    /** Why a mark will not move any more, or null. */
    synchronized @Nullable BusException failure() {
        return failure;
    }

    private synchronized void note(@Nullable BusException stopped) {
        if (stopped != null) {
            failure = stopped;
        }
    }

    private synchronized boolean keep(Waiter waiter) {
        if (!over) {
            waiters.add(waiter);
        }
        return !over;
    }
}
