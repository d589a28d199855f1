package dev.restbus.client;

import java.time.Duration;

/**
 * How hard a producer tries. It repeats a call only where nothing was stored: the bus said so
 * ({@code outcome: none}) and that a repeat can succeed, or the connection was refused. Pauses grow
 * exponentially with jitter and are never shorter than {@code Retry-After}.
 *
 * @param maxAttempts 1 or more, the first one included
 * @param totalTime after this no further attempt starts
 * @param atLeastOnce also repeat where it is not known whether the records were stored: they can
 *     then be stored twice, but a call that succeeds has stored them. Without it such a failure
 *     reaches the caller with {@code Outcome.UNKNOWN}
 */
public record RetryLimits(int maxAttempts, Duration totalTime, boolean atLeastOnce) {

    public static final RetryLimits DEFAULT = new RetryLimits(10, Duration.ofSeconds(15), false);

    public RetryLimits {
        if (maxAttempts < 1 || totalTime.isNegative()) {
            throw new IllegalArgumentException("maxAttempts >= 1 and totalTime >= 0 are needed");
        }
    }

    public RetryLimits withTotalTime(Duration newTotalTime) {
        return new RetryLimits(maxAttempts, newTotalTime, atLeastOnce);
    }

    public RetryLimits withAtLeastOnce(boolean newAtLeastOnce) {
        return new RetryLimits(maxAttempts, totalTime, newAtLeastOnce);
    }
}
