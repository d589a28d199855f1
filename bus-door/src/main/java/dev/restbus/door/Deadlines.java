package dev.restbus.door;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks a few times a second at every body that comes, and every answer that goes, piece by piece.
 * Thread-safe.
 */
final class Deadlines implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Deadlines.class);
    private static final long TICK_MS = 100;

    /** Something that must not go on for ever. */
    interface Watched {

        /** Called on the timer's thread; must not wait. */
        void checkDeadline(long nowNanos);
    }

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final long graceMs;
    private final long minBytesPerSecond;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "door-deadlines");
                        thread.setDaemon(true);
                        return thread;
                    });

    /**
     * @param graceMs how long a transfer may take at any pace
     * @param minBytesPerSecond the pace that a longer one has to keep
     */
    Deadlines(long graceMs, long minBytesPerSecond) {
        this.graceMs = graceMs;
        this.minBytesPerSecond = minBytesPerSecond;
        timer.scheduleWithFixedDelay(this::look, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    void add(Watched transfer) {
        watched.add(transfer);
    }

    void remove(Watched transfer) {
        watched.remove(transfer);
    }

    boolean isLate(long startNanos, long nowNanos, long bytesSoFar) {
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(nowNanos - startNanos);
        return elapsedMs > graceMs && bytesSoFar < elapsedMs * minBytesPerSecond / 1_000;
    }

    String described() {
        return graceMs + " ms, or longer at " + minBytesPerSecond + " bytes a second and more";
    }

    private void look() {
        long now = System.nanoTime();
        for (Watched transfer : watched) {
            try {
                transfer.checkDeadline(now);
            } catch (RuntimeException e) {
                watched.remove(transfer);
                LOG.warn("a late transfer could not be cut", e);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
