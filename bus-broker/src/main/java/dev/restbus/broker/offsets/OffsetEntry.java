package dev.restbus.broker.offsets;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A group's place in one partition and all that belongs to it, written as one record, so that every
 * step of it is one append. Immutable.
 *
 * @param topic the topic's name, for whoever reads the log
 * @param committed null before the first commit
 * @param retry the failing record, the first one from the committed offset on; null where none
 *     fails
 * @param move the dead-letter move that is under way; null for none
 * @param deadLettered the offset of the record that was moved last, null for none; tells a repeated
 *     report of the same failure from a new one
 */
public record OffsetEntry(
        String topic,
        @Nullable Committed committed,
        Fence fence,
        @Nullable Retry retry,
        @Nullable DeadLetterMove move,
        @Nullable Long deadLettered) {

    /** Nothing is known yet. */
    public static OffsetEntry fresh(String topic) {
        return new OffsetEntry(topic, null, Fence.NONE, null, null, null);
    }

    /**
     * A commit.
     *
     * @param nextOffset the next record to read
     * @param metadata what the committer noted, up to {@link #MAX_METADATA_BYTES} of UTF-8
     * @param atMs wall clock, epoch milliseconds
     * @param leaderEpoch of the topic's partition at that time
     */
    public record Committed(
            long nextOffset, @Nullable String metadata, long atMs, int leaderEpoch) {}

    /**
     * A record that failed.
     *
     * @param attempts how often, at least 1
     * @param firstFailureMs wall clock, epoch milliseconds
     * @param error what the member said last
     */
    public record Retry(
            long offset, int attempts, long firstFailureMs, long lastFailureMs, String error) {}

    /**
     * A record on its way to the dead-letter topic.
     *
     * @param searchFrom its copy, if it was written, is at this offset of the target or behind
     */
    public record DeadLetterMove(
            long offset, String topic, UUID topicId, int partition, long searchFrom) {}

    public static final int MAX_METADATA_BYTES = 4096;

    /** The offset committed, or {@code otherwise} before the first commit. */
    public long nextOffset(long otherwise) {
        return committed == null ? otherwise : committed.nextOffset();
    }

    /** Another owner, or another incarnation of the same. */
    public OffsetEntry raisedTo(String member, long memberEpoch, long incarnation) {
        return withFence(fence.raisedTo(member, memberEpoch, incarnation));
    }

    /**
     * A commit by the owner. What was known of a record that failed is forgotten where the commit
     * is behind it, and where it goes back: that record is not the first one then.
     */
    public OffsetEntry committedAt(Committed newCommitted) {
        boolean open =
                retry != null
                        && retry.offset() >= newCommitted.nextOffset()
                        && newCommitted.nextOffset() >= nextOffset(-1);
        return new OffsetEntry(
                topic, newCommitted, fence, open ? retry : null, open ? move : null, deadLettered);
    }

    /** A commit from outside the group: whoever owned the partition has to start again from it. */
    public OffsetEntry resetTo(Committed newCommitted) {
        return new OffsetEntry(topic, newCommitted, fence.raisedToNobody(), null, null, null);
    }

    /** One more failed attempt; what was handed out counts no more. */
    public OffsetEntry failed(Retry newRetry) {
        return new OffsetEntry(topic, committed, fence.next(), newRetry, null, deadLettered);
    }

    /** The last attempt failed: the record leaves for the dead-letter topic. */
    public OffsetEntry moving(Retry newRetry, DeadLetterMove newMove) {
        return new OffsetEntry(topic, committed, fence.next(), newRetry, newMove, deadLettered);
    }

    /** The dead letter is in its topic. */
    public OffsetEntry moved(Committed behindIt) {
        return new OffsetEntry(topic, behindIt, fence, null, null, behindIt.nextOffset() - 1);
    }

    private OffsetEntry withFence(Fence newFence) {
        return new OffsetEntry(topic, committed, newFence, retry, move, deadLettered);
    }
}
