package dev.restbus.api.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member that joins a group.
 *
 * @param topics sorted, without repeats; they need not exist yet
 * @param instanceId static membership (KIP-345): a new member with it takes over the seat; null for
 *     none
 * @param assignor {@code range}, {@code round-robin}, {@code sticky}, {@code cooperative-sticky};
 *     null for the group's own, or the default for the first member
 * @param sessionTimeoutMs how long it may be silent
 */
public record JoinGroup(
        String group,
        String memberId,
        List<String> topics,
        @Nullable String instanceId,
        @Nullable String assignor,
        long sessionTimeoutMs) {

    public static final String DEFAULT_ASSIGNOR = "cooperative-sticky";
    public static final long DEFAULT_SESSION_TIMEOUT_MS = 45_000;
    public static final long MIN_SESSION_TIMEOUT_MS = 1_000;
    public static final long MAX_SESSION_TIMEOUT_MS = 1_800_000;

    public JoinGroup {
        topics = List.copyOf(topics);
    }
}
