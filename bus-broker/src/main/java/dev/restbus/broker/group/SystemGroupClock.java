package dev.restbus.broker.group;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's time; one thread runs the timers of all groups. */
public final class SystemGroupClock implements GroupClock, AutoCloseable {

    private final ScheduledThreadPoolExecutor timers;

    public SystemGroupClock() {
        timers =
                new ScheduledThreadPoolExecutor(
                        1,
                        task -> {
                            Thread thread = new Thread(task, "group-timer");
                            thread.setDaemon(true);
                            return thread;
                        });
        timers.setRemoveOnCancelPolicy(true);
        timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long nowMs() {
        return System.currentTimeMillis();
    }

    @Override
    public Timer schedule(long dueNanos, Runnable task) {
        if (timers.isShutdown()) {
            return () -> {};
        }
        Future<?> future = timers.schedule(task, dueNanos - nanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public void close() {
        timers.shutdownNow();
    }
}
