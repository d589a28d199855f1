package dev.restbus.coordinator;

import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One thread that runs what it is given in order. The number of waiting commands is bounded.
 * Thread-safe.
 */
final class CommandThread {

    private static final Runnable STOP = () -> {};
    private static final long CLOSE_TIMEOUT_MS = 30_000;

    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final int capacity;
    private final Thread thread;

    /** Commands in the queue. Guarded by this. */
    private int waiting;

    /** Nothing is accepted any more; {@link #STOP} is the last in the queue. Guarded by this. */
    private boolean closed;

    CommandThread(String name, int capacity) {
        this.capacity = capacity;
        this.thread = new Thread(this::loop, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /**
     * Accepts a command, or says why not.
     *
     * @param command must not throw
     */
    synchronized @Nullable Problem offer(Runnable command) {
        if (closed) {
            return ProblemCode.SHUTTING_DOWN.problem("the coordinator is shutting down");
        }
        if (waiting == capacity) {
            return ProblemCode.CONTROL_PLANE_FROZEN.problem(
                    "the coordinator is busy: " + capacity + " commands wait already");
        }
        waiting++;
        queue.add(
                () -> {
                    begun();
                    command.run();
                });
        return null;
    }

    /** Runs something that is not a command and so not counted; dropped after the close. */
    synchronized void run(Runnable task) {
        if (!closed) {
            queue.add(task);
        }
    }

    /**
     * Waits until all that was accepted is done; a thread that hangs is interrupted after a while.
     *
     * @return false if it was closed before
     */
    boolean close() {
        synchronized (this) {
            if (closed) {
                return false;
            }
            closed = true;
            queue.add(STOP);
        }
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
        return true;
    }

    private synchronized void begun() {
        waiting--;
    }

    private void loop() {
        try {
            for (Runnable task = queue.take(); task != STOP; task = queue.take()) {
                task.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
