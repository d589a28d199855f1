package dev.restbus.api.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member as the coordinator sees it. Immutable.
 *
 * @param incarnation the member epoch it joined with; higher than any epoch the group gave before
 * @param memberEpoch the group epoch of its present assignment; never goes back
 * @param assignment what it holds now, sorted; a partition it has to give up is no longer here
 * @param revoking what it lost with {@code memberEpoch} and has not confirmed yet
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
