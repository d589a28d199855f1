package dev.restbus.api.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member as the coordinator sees it. Immutable.
 *
 * @param incarnation the member epoch it joined with; higher than any epoch the group gave before
 * @param memberEpoch the group epoch of its present assignment; never goes back
 * @param assignment what it holds now, sorted; a partition it has to give up is no longer here.
 *     Within one {@code memberEpoch} it only grows, as others confirm what they lost
 * @param revoking what it lost and has not confirmed yet, sorted. Within one {@code memberEpoch} it
 *     only shrinks
 */
public record MemberView(
        String memberId,
        @Nullable String instanceId,
        List<String> topics,
        long sessionTimeoutMs,
        long incarnation,
        long memberEpoch,
        List<TopicPartition> assignment,
        List<TopicPartition> revoking) {

    public MemberView {
        topics = List.copyOf(topics);
        assignment = List.copyOf(assignment);
        revoking = List.copyOf(revoking);
    }
}
