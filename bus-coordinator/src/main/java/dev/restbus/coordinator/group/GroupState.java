package dev.restbus.coordinator.group;

import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.GroupView.Rebalance;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.coordinator.group.GroupEvent.AssignmentConfirmed;
import dev.restbus.coordinator.group.GroupEvent.GroupConfigured;
import dev.restbus.coordinator.group.GroupEvent.MemberChanged;
import dev.restbus.coordinator.group.GroupEvent.MemberJoined;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import dev.restbus.coordinator.group.GroupEvent.Rebalanced;
import dev.restbus.coordinator.group.GroupEvent.SeatTaken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One group. Immutable: {@link #after} is the state that an event leads to.
 *
 * @param groupEpoch never goes back, not even over the deletion of the group
 * @param assignor of the last member that joined an empty group; null before the first
 * @param members by id
 */
record GroupState(
        String group,
        long groupEpoch,
        @Nullable String assignor,
        RetryPolicy retry,
        SortedMap<String, Member> members,
        List<Rebalance> rebalances) {

    private static final int MAX_REBALANCES = 10;

    GroupState {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        rebalances = List.copyOf(rebalances);
    }

    /** A group without members, whose name was last used up to this epoch. */
    static GroupState empty(String group, long lastEpoch) {
        return new GroupState(
                group, lastEpoch, null, RetryPolicy.DEFAULT, new TreeMap<>(), List.of());
    }

    @Nullable Member member(String memberId) {
        return members.get(memberId);
    }

    /** Who holds the seat of an instance id, or null. */
    @Nullable Member holder(@Nullable String instanceId) {
        for (Member member : members.values()) {
            if (instanceId != null && instanceId.equals(member.instanceId())) {
                return member;
            }
        }
        return null;
    }

    /** The seat that the member lost to another one, or null. */
    @Nullable Member seatLostBy(String memberId) {
        for (Member member : members.values()) {
            if (member.fenced().contains(memberId)) {
                return member;
            }
        }
        return null;
    }

    GroupState after(GroupEvent event) {
        if (event instanceof Rebalanced rebalanced) {
            return rebalance(rebalanced);
        } else if (event instanceof AssignmentConfirmed confirmed) {
            return confirm(confirmed);
        } else if (event instanceof MemberJoined joined) {
            return join(joined);
        } else if (event instanceof MemberLeft left) {
            return with(replace(left.memberId(), null));
        } else if (event instanceof MemberChanged changed) {
            return change(changed);
        } else if (event instanceof SeatTaken taken) {
            return takeSeat(taken);
        } else if (event instanceof GroupConfigured configured) {
            return new GroupState(
                    group, groupEpoch, assignor, configured.retry(), members, rebalances);
        }
        throw new IllegalArgumentException("not an event of a group that stays: " + event);
    }

    private GroupState rebalance(Rebalanced event) {
        List<Rebalance> recent = new ArrayList<>(rebalances);
        recent.add(new Rebalance(event.groupEpoch(), event.atMs(), event.cause()));
        if (recent.size() > MAX_REBALANCES) {
            recent.remove(0);
        }
        SortedMap<String, Member> moved =
                Reconciliation.retarget(
                        members,
                        event.groupEpoch(),
                        event.goneTopic(),
                        Targets.expand(event.target()));
        return new GroupState(group, event.groupEpoch(), assignor, retry, moved, recent);
    }

    private GroupState confirm(AssignmentConfirmed event) {
        Member member = present(event.memberId());
        Member released =
                member.holding(
                        member.memberEpoch(),
                        member.target(),
                        member.assignment(),
                        Collections.emptySortedSet());
        return with(Reconciliation.grantFree(replace(event.memberId(), released)));
    }

    private GroupState join(MemberJoined event) {
        return new GroupState(
                group,
                groupEpoch,
                event.assignor(),
                retry,
                replace(event.memberId(), Member.joining(event)),
                rebalances);
    }

    private GroupState change(MemberChanged event) {
        Member member = present(event.memberId());
        return with(
                replace(
                        event.memberId(),
                        member.subscribed(event.topics(), event.sessionTimeoutMs())));
    }

    private GroupState takeSeat(SeatTaken event) {
        Member seat = present(event.formerMemberId());
        SortedMap<String, Member> changed = replace(event.formerMemberId(), null);
        changed.put(event.memberId(), seat.takenOver(event));
        return with(changed);
    }

    private Member present(String memberId) {
        Member member = members.get(memberId);
        if (member == null) {
            throw new IllegalStateException("group " + group + " has no member " + memberId);
        }
        return member;
    }

    private SortedMap<String, Member> replace(String memberId, @Nullable Member member) {
        SortedMap<String, Member> changed = new TreeMap<>(members);
        if (member == null) {
            changed.remove(memberId);
        } else {
            changed.put(memberId, member);
        }
        return changed;
    }

    private GroupState with(SortedMap<String, Member> newMembers) {
        return new GroupState(group, groupEpoch, assignor, retry, newMembers, rebalances);
    }

    GroupView view(boolean deleted) {
        return new GroupView(
                group,
                groupEpoch,
                members.values().stream().allMatch(Member::settled),
                assignor,
                retry,
                members.values().stream().map(Member::view).toList(),
                rebalances,
                deleted);
    }
}
