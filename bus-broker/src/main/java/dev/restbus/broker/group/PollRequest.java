package dev.restbus.broker.group;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One poll, checked.
 *
 * @param ack the batch to commit; null for none
 * @param autoCommit without an ack: whether to commit what was handed out before
 */
public record PollRequest(
        Joining joining,
        Limits limits,
        OffsetReset reset,
        @Nullable String ack,
        boolean autoCommit) {

    /**
     * Who polls, and what is needed if it has to join first.
     *
     * @param topics sorted; null to keep the subscription
     * @param instanceId null for none
     * @param assignor null for the group's own
     * @param sessionTimeoutMs null to keep it, or for the default
     */
    public record Joining(
            String group,
            String memberId,
            @Nullable List<String> topics,
            @Nullable String instanceId,
            @Nullable String assignor,
            @Nullable Long sessionTimeoutMs) {}

    /**
     * How much and how long.
     *
     * @param maxRecords at least 1
     * @param maxBytes of keys and values; one record is handed out however large it is
     * @param waitMs how long to wait where there is nothing, at most 30 s
     */
    public record Limits(int maxRecords, int maxBytes, long waitMs) {}

    String group() {
        return joining.group();
    }

    String memberId() {
        return joining.memberId();
    }
}
