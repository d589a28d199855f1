package dev.restbus.api.wire;

import dev.restbus.api.control.TopicPartition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group as {@code GET /v1/groups/{group}} shows it.
 *
 * @param state {@code empty}, {@code stable} or {@code rebalancing}
 * @param assignor null before the first member
 * @param homeBroker the broker that keeps its offsets and sessions
 * @param lag records that can be read and are not committed
 * @param lagSeconds the age of the oldest of them by its timestamp
 * @param rebalances the last few, oldest first
 */
public record GroupDetails(
        String group,
        String state,
        long groupEpoch,
        @Nullable String assignor,
        int homeBroker,
        int offsetsPartition,
        List<Member> members,
        long lag,
        double lagSeconds,
        PutGroup.Retry retry,
        List<Rebalance> rebalances) {

    public static final String EMPTY = "empty";
    public static final String STABLE = "stable";
    public static final String REBALANCING = "rebalancing";

    /**
     * One member.
     *
     * @param lastSeen RFC 3339
     */
    public record Member(
            String memberId,
            @Nullable String instanceId,
            long memberEpoch,
            List<TopicPartition> assignment,
            String lastSeen) {}

    /**
     * One change of the assignment.
     *
     * @param at RFC 3339
     */
    public record Rebalance(long groupEpoch, String at, String cause) {}

    /**
     * A group in a list.
     *
     * @param members how many
     */
    public record Summary(
            String group,
            String state,
            long groupEpoch,
            @Nullable String assignor,
            int homeBroker,
            int offsetsPartition,
            int members) {}
}
