package dev.restbus.sample.ecommerce.traffic;

import dev.restbus.client.listener.Pace;
import java.util.concurrent.TimeUnit;

/**
 * Lets one producer send at an even pace while it is switched on. Owns a thread. Safe for any
 * number of threads.
 */
final class Traffic implements AutoCloseable {

    private static final long SEND_LIMIT_MS = 1_000;
    private static final long STOP_LIMIT_MS = 4_000;

    private final Producer producer;
    private final Thread thread;

    private boolean running;
    private boolean closed;
    private double perSecond;
    private Pace pace;

    Traffic(Producer producer, boolean running) {
        this.producer = producer;
        this.perSecond = producer.business().perSecond();
        this.running = running;
        this.pace = Pace.perSecond(perSecond);
        this.thread = new Thread(this::run, "traffic-" + producer.business().id());
    }

    void start() {
        thread.start();
    }

    Producer producer() {
        return producer;
    }

    synchronized boolean isRunning() {
        return running;
    }

    synchronized double perSecond() {
        return perSecond;
    }

    /** Switches it on or off, and sets its pace from the next notice on. */
    synchronized void change(boolean newRunning, double newPerSecond) {
        running = newRunning;
        perSecond = newPerSecond;
        pace = Pace.perSecond(newPerSecond);
        notifyAll();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(SEND_LIMIT_MS);
            // A notice that the bus does not take is not waited for.
            thread.interrupt();
            thread.join(STOP_LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (awaitTurn()) {
                producer.send();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until it is on and its next turn has come; false once closed. */
    private synchronized boolean awaitTurn() throws InterruptedException {
        while (!closed) {
            if (!running) {
                wait();
                continue;
            }
            Pace current = pace;
            long turnNanos = System.nanoTime() + current.reserveNanos();
            if (sleptUntil(turnNanos, current)) {
                return true;
            }
        }
        return false;
    }

    /** Gives up when the pace changes meanwhile. */
    private boolean sleptUntil(long turnNanos, Pace current) throws InterruptedException {
        while (!closed && running && pace == current) {
            long leftNanos = turnNanos - System.nanoTime();
            if (leftNanos <= 0) {
                return true;
            }
            TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
        }
        return false;
    }
}
