package dev.restbus.broker.group;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Time that moves only when told; timers that fall due run on the thread that moves it. */
final class FakeClock implements GroupClock {

    private record Task(long dueNanos, long number, Runnable run) {}

    private final List<Task> tasks = new ArrayList<>();
    private long nextNumber;
    private long nowNanos = 5_000_000_000L;
    private long wallOffsetMs = 1_790_000_000_000L;

    @Override
    public synchronized long nanos() {
        return nowNanos;
    }

    @Override
    public synchronized long nowMs() {
        return wallOffsetMs + nowNanos / 1_000_000;
    }

    @Override
    public Timer schedule(long dueNanos, Runnable run) {
        Task task = add(dueNanos, run);
        if (task == null) {
            run.run();
            return () -> {};
        }
        return () -> {
            synchronized (this) {
                tasks.remove(task);
            }
        };
    }

    /** Null for what is due already. */
    private synchronized @Nullable Task add(long dueNanos, Runnable run) {
        if (dueNanos <= nowNanos) {
            return null;
        }
        Task task = new Task(dueNanos, nextNumber++, run);
        tasks.add(task);
        return task;
    }

    /** Moves both clocks, running what falls due on the way at its own time. */
    void advance(long ms) {
        long end = nanos() + ms * 1_000_000;
        Task next = takeDue(end);
        while (next != null) {
            next.run().run();
            next = takeDue(end);
        }
        synchronized (this) {
            nowNanos = end;
        }
    }

    /** Somebody sets the machine's clock. */
    synchronized void jumpWallClock(long ms) {
        wallOffsetMs += ms;
    }

    private synchronized @Nullable Task takeDue(long endNanos) {
        Task first =
                tasks.stream()
                        .min(Comparator.comparingLong(Task::dueNanos).thenComparing(Task::number))
                        .orElse(null);
        if (first == null || first.dueNanos() > endNanos) {
            return null;
        }
        tasks.remove(first);
        nowNanos = Math.max(nowNanos, first.dueNanos());
        return first;
    }
}
