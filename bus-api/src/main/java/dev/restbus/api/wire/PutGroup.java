package dev.restbus.api.wire;

import org.jspecify.annotations.Nullable;

/** {@code PUT /v1/groups/{group}}. */
public record PutGroup(@Nullable Retry retry) {

    /** What happens to a record that a member reports as failed; null members are defaults. */
    public record Retry(
            @Nullable Integer maxAttempts,
            @Nullable Backoff backoff,
            @Nullable DeadLetter deadLetter) {}

    /**
     * The pause before the next attempt.
     *
     * @param type {@code fixed}
     * @param initial a duration
     */
    public record Backoff(@Nullable String type, @Nullable String initial) {}

    /**
     * Where it goes after the last attempt.
     *
     * @param topic null for {@code <group>.dlq}
     */
    public record DeadLetter(@Nullable String topic) {}
}
