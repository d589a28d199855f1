package dev.restbus.api.control;

import org.jspecify.annotations.Nullable;

/**
 * What happens to a record that a group's member reports as failed.
 *
 * @param maxAttempts 1 to 1,000, the first one included
 * @param backoffMs the fixed pause before the next attempt, up to an hour
 * @param deadLetterTopic where it goes after the last attempt; null for {@code <group>.dlq}
 */
public record RetryPolicy(int maxAttempts, long backoffMs, @Nullable String deadLetterTopic) {

    public static final RetryPolicy DEFAULT = new RetryPolicy(4, 1_000, null);
    public static final int MAX_ATTEMPTS = 1_000;
    public static final long MAX_BACKOFF_MS = 3_600_000;

    /** The topic for dead letters of this group. */
    public String deadLetterTopicOf(String group) {
        return deadLetterTopic == null ? group + ".dlq" : deadLetterTopic;
    }
}
