package dev.restbus.coordinator.group;

import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A member of a group. Immutable. Whatever it may still hold is {@code assignment} or {@code
 * revoking}, and no partition is in two members' or in both of one.
 *
 * @param incarnation the member epoch it joined with
 * @param memberEpoch the group epoch of its assignment
 * @param target what it should have
 * @param assignment what it has: part of {@code target}; within one member epoch it only grows
 * @param revoking what it lost and did not confirm; within one member epoch it only shrinks
 * @param fenced former holders of this seat, the newest last
 */
record Member(
        String memberId,
        @Nullable String instanceId,
        List<String> topics,
        long sessionTimeoutMs,
        long incarnation,
        long memberEpoch,
        SortedSet<TopicPartition> target,
        SortedSet<TopicPartition> assignment,
        SortedSet<TopicPartition> revoking,
        List<String> fenced) {

    private static final int MAX_FENCED = 16;

    Member {
        topics = List.copyOf(topics);
        target = Collections.unmodifiableSortedSet(new TreeSet<>(target));
        assignment = Collections.unmodifiableSortedSet(new TreeSet<>(assignment));
        revoking = Collections.unmodifiableSortedSet(new TreeSet<>(revoking));
        fenced = List.copyOf(fenced);
    }

    static Member joining(GroupEvent.MemberJoined joined) {
        return new Member(
                joined.memberId(),
                joined.instanceId(),
                joined.topics(),
                joined.sessionTimeoutMs(),
                joined.incarnation(),
                0,
                Collections.emptySortedSet(),
                Collections.emptySortedSet(),
                Collections.emptySortedSet(),
                List.of());
    }

    /** The seat under its new holder: what the former one had not confirmed to lose is free. */
    Member takenOver(GroupEvent.SeatTaken taken) {
        List<String> former = new ArrayList<>(fenced);
        former.add(memberId);
        if (former.size() > MAX_FENCED) {
            former.remove(0);
        }
        return new Member(
                taken.memberId(),
                instanceId,
                taken.topics(),
                taken.sessionTimeoutMs(),
                taken.incarnation(),
                memberEpoch,
                target,
                assignment,
                Collections.emptySortedSet(),
                former);
    }

    Member subscribed(List<String> newTopics, long newSessionTimeoutMs) {
        return new Member(
                memberId,
                instanceId,
                newTopics,
                newSessionTimeoutMs,
                incarnation,
                memberEpoch,
                target,
                assignment,
                revoking,
                fenced);
    }

    Member holding(
            long newEpoch,
            SortedSet<TopicPartition> newTarget,
            SortedSet<TopicPartition> newAssignment,
            SortedSet<TopicPartition> newRevoking) {
        return new Member(
                memberId,
                instanceId,
                topics,
                sessionTimeoutMs,
                incarnation,
                newEpoch,
                newTarget,
                newAssignment,
                newRevoking,
                fenced);
    }

    boolean settled() {
        return revoking.isEmpty() && assignment.equals(target);
    }

    MemberView view() {
        return new MemberView(
                memberId,
                instanceId,
                topics,
                sessionTimeoutMs,
                incarnation,
                memberEpoch,
                List.copyOf(assignment),
                List.copyOf(revoking));
    }
}
