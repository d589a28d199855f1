package dev.restbus.door;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.SmartLifecycle;

/**
 * Ends every wait before the web server waits for its requests, so that a stop takes no longer than
 * a grace and not as long as the longest poll. The engine still runs in that time, so a produce
 * that waits for the disk gets its answer.
 */
final class DoorStop implements SmartLifecycle {

    private static final long TICK_MS = 10;

    private final Admission admission;
    private final int graceMs;
    private volatile boolean running;

    DoorStop(Admission admission, int graceMs) {
        this.admission = admission;
        this.graceMs = graceMs;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        admission.answerStreams().stop();
        admission.bodyStreams().forEach(BodyStream::shutDown);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMs);
        while (isAnyoneServed() && System.nanoTime() - until < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(TICK_MS));
        }
        admission.waiting().forEach(Admission.Parked::shutDown);
        admission.answerStreams().cut();
    }

    private boolean isAnyoneServed() {
        return !admission.waiting().isEmpty() || admission.answerStreams().count() > 0;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** The highest phase stops first. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
