package dev.restbus.coordinator.group;

import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.coordinator.assign.Assignor;
import dev.restbus.coordinator.assign.Subscriber;
import dev.restbus.coordinator.group.GroupEvent.AssignmentConfirmed;
import dev.restbus.coordinator.group.GroupEvent.GroupConfigured;
import dev.restbus.coordinator.group.GroupEvent.GroupDeleted;
import dev.restbus.coordinator.group.GroupEvent.MemberChanged;
import dev.restbus.coordinator.group.GroupEvent.MemberJoined;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import dev.restbus.coordinator.group.GroupEvent.Rebalanced;
import dev.restbus.coordinator.group.GroupEvent.SeatTaken;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a group (the model is KIP-848's). Pure; a refusal is a {@link
 * dev.restbus.api.BusException}. No events means that nothing has to change.
 *
 * <p>Each change of members, subscriptions or partitions bumps the group epoch once, and every
 * member's epoch with it. Between two bumps a member's assignment only grows, as others confirm
 * what they lost; its epoch stays.
 */
public final class GroupDecider {

    private GroupDecider() {}

    /**
     * A member joins, comes again or subscribes to other topics. A new member with the instance id
     * of one that is there takes over its seat: it gets the partitions, the former one is fenced.
     * As every new member it starts a new incarnation, so the group epoch is bumped, though nobody
     * else's assignment need change. (KIP-345 keeps the generation; there the member id alone
     * fences.)
     *
     * @param partitionCounts of every topic there is
     */
    public static List<GroupEvent> join(
            Groups groups, JoinGroup request, Map<String, Integer> partitionCounts, long nowMs) {
        Names.require("group", request.group());
        Names.require("memberId", request.memberId());
        GroupState group = groups.orNew(request.group());
        requireNotFenced(group, request.memberId());
        Assignor assignor = assignor(group, request.assignor());
        Member present = group.member(request.memberId());
        if (present != null) {
            return joinAgain(group, present, request, partitionCounts, nowMs);
        }
        long epoch = group.groupEpoch() + 1;
        Member holder = group.holder(request.instanceId());
        if (holder != null) {
            return rebalanceAfter(
                    group,
                    new SeatTaken(
                            request.group(),
                            holder.memberId(),
                            request.memberId(),
                            request.topics(),
                            request.sessionTimeoutMs(),
                            epoch),
                    "member " + request.memberId() + " replaced " + holder.memberId(),
                    partitionCounts,
                    nowMs);
        }
        return rebalanceAfter(
                group,
                new MemberJoined(
                        request.group(),
                        request.memberId(),
                        request.instanceId(),
                        request.topics(),
                        request.sessionTimeoutMs(),
                        epoch,
                        assignor.wireName()),
                "member " + request.memberId() + " joined",
                partitionCounts,
                nowMs);
    }

    /** A member holds nothing beyond its assignment of this epoch, if that is its newest. */
    public static List<GroupEvent> confirm(
            Groups groups, String groupName, String memberId, long memberEpoch) {
        GroupState group = groups.orNew(groupName);
        Member member = group.member(memberId);
        if (member == null) {
            requireNotFenced(group, memberId);
            throw ProblemCode.UNKNOWN_MEMBER.exception(
                    "the group '" + groupName + "' has no member '" + memberId + "'");
        }
        if (memberEpoch != member.memberEpoch() || member.revoking().isEmpty()) {
            return List.of();
        }
        return List.of(new AssignmentConfirmed(groupName, memberId, memberEpoch));
    }

    /** This incarnation of the member goes; nothing happens if it is not there. */
    public static List<GroupEvent> leave(
            Groups groups,
            MemberLeft left,
            long incarnation,
            Map<String, Integer> partitionCounts,
            long nowMs) {
        GroupState group = groups.find(left.group());
        Member member = group == null ? null : group.member(left.memberId());
        if (group == null || member == null || member.incarnation() != incarnation) {
            return List.of();
        }
        String how = left.cause() == LeaveCause.LEFT ? " left" : " expired";
        return rebalanceAfter(
                group, left, "member " + left.memberId() + how, partitionCounts, nowMs);
    }

    /** Sets the retry policy, of a new group if need be. */
    public static List<GroupEvent> configure(Groups groups, String groupName, RetryPolicy retry) {
        Names.require("group", groupName);
        GroupState group = groups.find(groupName);
        if (group != null && group.retry().equals(retry)) {
            return List.of();
        }
        return List.of(new GroupConfigured(groupName, retry));
    }

    public static List<GroupEvent> delete(Groups groups, String groupName) {
        GroupState group = groups.find(groupName);
        if (group == null) {
            throw ProblemCode.UNKNOWN_GROUP.exception(
                    "the group '" + groupName + "' does not exist");
        }
        if (!group.members().isEmpty()) {
            throw ProblemCode.GROUP_NOT_EMPTY.exception(
                    "the group '"
                            + groupName
                            + "' has "
                            + group.members().size()
                            + " live members, "
                            + group.members().firstKey()
                            + " among them");
        }
        return List.of(new GroupDeleted(groupName));
    }

    /**
     * A topic was created, got more partitions or was deleted: every group with a subscriber of it
     * is rebalanced.
     *
     * @param cause for a person
     * @param partitionCounts as they are after the change; a deleted topic is not in it
     */
    public static List<GroupEvent> topicChanged(
            Groups groups,
            String topic,
            String cause,
            Map<String, Integer> partitionCounts,
            long nowMs) {
        String gone = partitionCounts.containsKey(topic) ? null : topic;
        List<GroupEvent> events = new ArrayList<>();
        for (GroupState group : groups.all()) {
            if (concerns(group, topic)) {
                events.add(rebalance(group, cause, gone, partitionCounts, nowMs));
            }
        }
        return events;
    }

    /** Whether a change of the topic's partitions changes anything for a group. */
    public static boolean concernsAny(Groups groups, String topic) {
        return groups.all().stream().anyMatch(group -> concerns(group, topic));
    }

    /** Also a member that gave up the topic may still hold a partition of it. */
    private static boolean concerns(GroupState group, String topic) {
        return group.members().values().stream()
                .anyMatch(
                        member ->
                                member.topics().contains(topic)
                                        || member.revoking().stream()
                                                .anyMatch(p -> p.topic().equals(topic)));
    }

    private static List<GroupEvent> joinAgain(
            GroupState group,
            Member present,
            JoinGroup request,
            Map<String, Integer> partitionCounts,
            long nowMs) {
        if (request.instanceId() != null && !request.instanceId().equals(present.instanceId())) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "instanceId",
                    "the member '"
                            + present.memberId()
                            + "' is there "
                            + (present.instanceId() == null
                                    ? "without an instance id"
                                    : "as the instance '" + present.instanceId() + "'")
                            + "; that stays so until it leaves");
        }
        MemberChanged changed =
                new MemberChanged(
                        request.group(),
                        request.memberId(),
                        request.topics(),
                        request.sessionTimeoutMs());
        if (!sameTopics(present.topics(), request.topics())) {
            return rebalanceAfter(
                    group,
                    changed,
                    "member " + request.memberId() + " changed its topics",
                    partitionCounts,
                    nowMs);
        }
        return present.sessionTimeoutMs() == request.sessionTimeoutMs()
                ? List.of()
                : List.of(changed);
    }

    private static boolean sameTopics(List<String> some, List<String> others) {
        return Set.copyOf(some).equals(Set.copyOf(others));
    }

    private static void requireNotFenced(GroupState group, String memberId) {
        Member seat = group.seatLostBy(memberId);
        if (seat != null && group.member(memberId) == null) {
            throw ProblemCode.FENCED_INSTANCE.exception(
                    "the member '"
                            + seat.memberId()
                            + "' took over the instance id '"
                            + seat.instanceId()
                            + "' of '"
                            + memberId
                            + "'");
        }
    }

    /** The group's own while it has members; after that the first one to join decides again. */
    private static Assignor assignor(GroupState group, @Nullable String asked) {
        String own = group.assignor();
        if (asked == null) {
            return Assignor.named(own == null ? JoinGroup.DEFAULT_ASSIGNOR : own);
        }
        Assignor assignor = Assignor.named(asked);
        if (!group.members().isEmpty() && !asked.equals(own)) {
            throw ProblemCode.ASSIGNOR_MISMATCH.exceptionAt(
                    "assignor",
                    "the group '"
                            + group.group()
                            + "' uses the assignor "
                            + own
                            + ", not "
                            + asked);
        }
        return assignor;
    }

    private static List<GroupEvent> rebalanceAfter(
            GroupState group,
            GroupEvent change,
            String cause,
            Map<String, Integer> partitionCounts,
            long nowMs) {
        return List.of(change, rebalance(group.after(change), cause, null, partitionCounts, nowMs));
    }

    private static Rebalanced rebalance(
            GroupState group,
            String cause,
            @Nullable String goneTopic,
            Map<String, Integer> partitionCounts,
            long nowMs) {
        List<Subscriber> subscribers = new ArrayList<>();
        for (Member member : group.members().values()) {
            subscribers.add(
                    new Subscriber(
                            member.memberId(),
                            member.instanceId(),
                            new HashSet<>(member.topics()),
                            member.target()));
        }
        String own = group.assignor();
        Assignor assignor = Assignor.named(own == null ? JoinGroup.DEFAULT_ASSIGNOR : own);
        return new Rebalanced(
                group.group(),
                group.groupEpoch() + 1,
                nowMs,
                cause,
                goneTopic,
                Targets.compact(assignor.assign(subscribers, partitionCounts)));
    }
}
