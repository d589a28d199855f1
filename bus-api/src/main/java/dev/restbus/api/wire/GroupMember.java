package dev.restbus.api.wire;

import dev.restbus.api.control.TopicPartition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Members of a group that read from the leaders themselves. */
public final class GroupMember {

    private GroupMember() {}

    /**
     * {@code POST /v1/groups/{group}/members}.
     *
     * @param topics may be left out by a member that is there
     * @param sessionTimeout a duration
     * @param rebalance {@code cooperative}; null for it
     */
    public record Join(
            @Nullable String memberId,
            @Nullable List<String> topics,
            @Nullable String instanceId,
            @Nullable String assignor,
            @Nullable String sessionTimeout,
            @Nullable String rebalance) {}

    /** {@code POST /v1/groups/{group}/members/{member}/heartbeat}. */
    public record Heartbeat(@Nullable Long memberEpoch) {}

    /**
     * The answer to both.
     *
     * @param heartbeatInterval how often to send a heartbeat, a duration
     * @param rebalancing whether the group is on its way to another assignment
     */
    public record Seat(
            String memberId,
            long memberEpoch,
            List<TopicPartition> assignment,
            String heartbeatInterval,
            String sessionTimeout,
            boolean rebalancing) {}

    /** {@code POST /v1/groups/{group}/members/{member}/failures}. */
    public record Failure(
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable String error) {}

    /**
     * The record is handed out again.
     *
     * @param attempt how often it failed by now
     * @param resumeAt RFC 3339
     */
    public record Attempt(int attempt, String resumeAt) {}

    /**
     * The record is in the dead-letter topic.
     *
     * @param nextOffset where the group goes on
     */
    public record DeadLettered(boolean deadLettered, long nextOffset) {}
}
