package dev.restbus.client;

import java.time.Instant;

/** What the group's retry policy decided about a failed record. */
public sealed interface Failure {

    /**
     * It comes again; its partition is held back until then.
     *
     * @param attempt how often it has been tried, 1 or more
     */
    record Attempt(int attempt, Instant resumeAt) implements Failure {}

    /**
     * It is in the dead-letter topic and its offset committed.
     *
     * @param nextOffset where its partition goes on
     */
    record DeadLettered(long nextOffset) implements Failure {}
}
