package dev.restbus.api.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Committed offsets of a group. {@code nextOffset} is always the next record to read. */
public final class GroupOffsets {

    private GroupOffsets() {}

    /**
     * {@code POST /v1/groups/{group}/offsets}.
     *
     * @param memberId null for a commit from outside the group
     */
    public record Commit(
            @Nullable String memberId,
            @Nullable Long memberEpoch,
            @Nullable List<NewOffset> offsets) {}

    /** One offset to commit. */
    public record NewOffset(
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Long nextOffset,
            @Nullable String metadata) {}

    /**
     * The answer to a commit.
     *
     * @param offsets what is committed now
     * @param rewound whether a place went back: records that were done come again
     */
    public record Committed(List<NewOffset> offsets, boolean rewound) {}

    /** {@code GET /v1/groups/{group}/offsets}. */
    public record Listing(List<Place> offsets) {}

    /**
     * One committed offset.
     *
     * @param lastProcessed the offset before, null at 0
     * @param timestamp of the commit, RFC 3339
     * @param lag records behind it that can be read
     */
    public record Place(
            String topic,
            int partition,
            long nextOffset,
            @Nullable Long lastProcessed,
            @Nullable String metadata,
            String timestamp,
            int leaderEpoch,
            long lag) {}

    /**
     * {@code POST /v1/groups/{group}/offsets/reset}.
     *
     * @param partition null for all
     * @param to {@code earliest}, {@code latest}, an offset, an RFC 3339 time or {@code ts:<ms>}
     */
    public record Reset(
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Object to,
            @Nullable Boolean dryRun,
            @Nullable Boolean force) {}

    /** The answer to a reset. */
    public record ResetDone(List<Moved> offsets) {}

    /**
     * One partition of a reset.
     *
     * @param before null where nothing was committed
     */
    public record Moved(String topic, int partition, @Nullable Long before, long after) {}
}
