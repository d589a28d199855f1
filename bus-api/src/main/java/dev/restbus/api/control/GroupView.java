package dev.restbus.api.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A consumer group as the coordinator sees it. Immutable.
 *
 * @param groupEpoch from 1, bumped once for each change of membership, subscription or partitions;
 *     0 for a group that never had a member
 * @param settled whether every member holds just its target
 * @param assignor decided by the first member; null before
 * @param members sorted by id
 * @param rebalances the last few, oldest first
 * @param deleted this view tells of the group's end
 */
public record GroupView(
        String group,
        long groupEpoch,
        boolean settled,
        @Nullable String assignor,
        RetryPolicy retry,
        List<MemberView> members,
        List<Rebalance> rebalances,
        boolean deleted) {

    /**
     * One bump of the group epoch.
     *
     * @param atMs wall clock, epoch milliseconds
     * @param cause for a person: {@code member m1 joined}, …
     */
    public record Rebalance(long groupEpoch, long atMs, String cause) {}

    public GroupView {
        members = List.copyOf(members);
        rebalances = List.copyOf(rebalances);
    }

    public @Nullable MemberView member(String memberId) {
        for (MemberView member : members) {
            if (member.memberId().equals(memberId)) {
                return member;
            }
        }
        return null;
    }
}
