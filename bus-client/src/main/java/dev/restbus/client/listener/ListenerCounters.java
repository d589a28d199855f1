package dev.restbus.client.listener;

import java.util.concurrent.atomic.LongAdder;

/** What a container has done. Safe for any number of threads; counts only grow. */
public final class ListenerCounters {

    private final LongAdder handled = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder deadLettered = new LongAdder();
    private volatile boolean connected;

    ListenerCounters() {}

    /** Records whose handler returned. */
    public long handled() {
        return handled.sum();
    }

    /** Attempts whose handler threw. */
    public long failed() {
        return failed.sum();
    }

    /** Records that went to the dead-letter topic. */
    public long deadLettered() {
        return deadLettered.sum();
    }

    /** Whether the last poll was answered. */
    public boolean isConnected() {
        return connected;
    }

    void countHandled() {
        handled.increment();
    }

    void countFailed() {
        failed.increment();
    }

    void countDeadLettered() {
        deadLettered.increment();
    }

    void connected(boolean now) {
        connected = now;
    }
}
