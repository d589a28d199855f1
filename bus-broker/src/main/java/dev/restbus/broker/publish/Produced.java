package dev.restbus.broker.publish;

import dev.restbus.api.BusException;
import dev.restbus.api.control.TopicMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What became of a draft, record by record and partition by partition. At least one partition took
 * its share; where none did, the produce failed instead. Immutable once handed out.
 */
public final class Produced {

    static final long NOT_REPLAYED = Long.MIN_VALUE;

    private final RecordDraft draft;
    private final long[] baseOffsets;
    private final @Nullable BusException[] failures;

    /** Of the first record, where all was stored by an earlier request with the same key. */
    private final long replayedMs;

    Produced(
            RecordDraft draft,
            long[] baseOffsets,
            @Nullable BusException[] failures,
            long replayedMs) {
        this.replayedMs = replayedMs;
        this.draft = draft;
        this.baseOffsets = baseOffsets;
        this.failures = failures;
    }

    public TopicMetadata topic() {
        return draft.topic();
    }

    /** When the request came, or the one that it repeats. */
    public long timestampMs() {
        return isReplayed() ? replayedMs : draft.nowMs();
    }

    /** Whether nothing was written, since all was there. */
    public boolean isReplayed() {
        return replayedMs != NOT_REPLAYED;
    }

    public int records() {
        return draft.count();
    }

    public int partitionOf(int record) {
        return draft.partitionOf(record);
    }

    /** The offset of a record whose partition took it. */
    public long offsetOf(int record) {
        return baseOffsets[draft.partitionOf(record)] + draft.ordinalOf(record);
    }

    /** Why the record's partition refused it, or null. */
    public @Nullable BusException failureOf(int record) {
        return failures[draft.partitionOf(record)];
    }

    /** Whether any partition refused its share. */
    public boolean isPartial() {
        for (BusException failure : failures) {
            if (failure != null) {
                return true;
            }
        }
        return false;
    }

    public int partitions() {
        return baseOffsets.length;
    }

    /** Records that the request had for a partition. */
    public int recordsIn(int partition) {
        return draft.recordsIn(partition);
    }

    public long baseOffset(int partition) {
        return baseOffsets[partition];
    }

    public @Nullable BusException failureIn(int partition) {
        return failures[partition];
    }
}
