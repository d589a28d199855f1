package dev.restbus.broker.group;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A commit that a client composed itself.
 *
 * @param memberId null for a commit from outside the group
 * @param memberEpoch the epoch of the member as it knows it; ignored without a member
 */
public record ExplicitCommit(
        String group, @Nullable String memberId, long memberEpoch, List<Offset> offsets) {

    public ExplicitCommit {
        offsets = List.copyOf(offsets);
    }

    /**
     * The place in one partition.
     *
     * @param metadata up to 4,096 bytes of UTF-8, or null
     */
    public record Offset(String topic, int partition, long nextOffset, @Nullable String metadata) {}
}
