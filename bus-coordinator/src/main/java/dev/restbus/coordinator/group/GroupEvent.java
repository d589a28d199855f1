package dev.restbus.coordinator.group;

import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.coordinator.journal.Event;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a group. An event of a group that is not there yet begins it. {@link
 * MemberJoined}, {@link SeatTaken}, {@link MemberChanged} and {@link MemberLeft} change who takes
 * part; a {@link Rebalanced} in the same append says what follows from it.
 */
public sealed interface GroupEvent extends Event {

    /** The group's name. */
    String group();

    /**
     * A member that was not there.
     *
     * @param incarnation the group epoch of the rebalance that follows
     * @param assignor the group's from now on
     */
    record MemberJoined(
            String group,
            String memberId,
            @Nullable String instanceId,
            List<String> topics,
            long sessionTimeoutMs,
            long incarnation,
            String assignor)
            implements GroupEvent {

        public MemberJoined {
            topics = List.copyOf(topics);
        }
    }

    /**
     * A member that was not there took over the seat of an instance id, with its partitions; the
     * former holder is fenced.
     *
     * @param incarnation the group epoch of the rebalance that follows
     */
    record SeatTaken(
            String group,
            String formerMemberId,
            String memberId,
            List<String> topics,
            long sessionTimeoutMs,
            long incarnation)
            implements GroupEvent {

        public SeatTaken {
            topics = List.copyOf(topics);
        }
    }

    /** A member that is there subscribes to other topics or has another session timeout. */
    record MemberChanged(String group, String memberId, List<String> topics, long sessionTimeoutMs)
            implements GroupEvent {

        public MemberChanged {
            topics = List.copyOf(topics);
        }
    }

    /** A member is gone, and its seat with it. */
    record MemberLeft(String group, String memberId, LeaveCause cause) implements GroupEvent {}

    /**
     * A new group epoch with its target.
     *
     * @param goneTopic a topic that was deleted, so that nobody holds anything of it any more; else
     *     null
     * @param target by member and topic, the partitions it should have; a member or topic that is
     *     not in it has none
     */
    record Rebalanced(
            String group,
            long groupEpoch,
            long atMs,
            String cause,
            @Nullable String goneTopic,
            Map<String, Map<String, List<Integer>>> target)
            implements GroupEvent {}

    /** A member holds nothing beyond its assignment of this epoch. */
    record AssignmentConfirmed(String group, String memberId, long memberEpoch)
            implements GroupEvent {}

    /** The group has this retry policy. */
    record GroupConfigured(String group, RetryPolicy retry) implements GroupEvent {}

    /** The group is gone. */
    record GroupDeleted(String group) implements GroupEvent {}
}
