package dev.restbus.broker.group;

/** Time as groups see it. Thread-safe. */
public interface GroupClock {

    /** A clock that never jumps, in nanoseconds; only differences mean anything. */
    long nanos();

    /** Wall clock, epoch milliseconds; for people, never for a decision. */
    long nowMs();

    /**
     * Runs the task at its time on the timer's thread: be quick and do not block.
     *
     * @param dueNanos on the clock of {@link #nanos}; what is past is done at once
     */
    Timer schedule(long dueNanos, Runnable task);

    /** A task that waits for its time. */
    interface Timer {
        /** Gives up; nothing if the task has begun. */
        void cancel();
    }
}
