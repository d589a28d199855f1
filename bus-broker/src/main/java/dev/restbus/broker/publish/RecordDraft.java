package dev.restbus.broker.publish;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.replication.Claim;
import dev.restbus.broker.routing.Partitioner;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The records of one request, gathered into one batch a partition while they are parsed; nothing is
 * appended before the last one was found valid. Used once, by one thread.
 */
public final class RecordDraft {

    /** Says that a record names no partition. */
    public static final int ANY_PARTITION = -1;

    /** Says that a record has no timestamp of its own. */
    public static final long NO_TIMESTAMP = Long.MIN_VALUE;

    public static final int MAX_RECORDS = 1_000;
    public static final int MAX_KEY_BYTES = 4 << 10;
    public static final int MAX_VALUE_BYTES = 1 << 20;

    private final TopicMetadata topic;
    private final BuilderPool pool;
    private final long nowMs;

    /**
     * What stands before a record's number in a JSON pointer; empty where the body is the value.
     */
    private final String pointerBase;

    private final boolean compacted;
    private final int unkeyedBefore;
    private final @Nullable Claim claim;
    private final @Nullable BatchBuilder[] builders;

    /** Records of each partition; outlives the builders, which go back to the pool once written. */
    private final int[] counts;

    /** Of record i: its partition, and its place in that partition's batch. */
    private int[] partitions = new int[16];

    private int[] ordinals = new int[16];
    private int count;
    private int unkeyed;

    RecordDraft(
            TopicMetadata topic,
            BuilderPool pool,
            long nowMs,
            int unkeyedBefore,
            String pointerBase) {
        this(topic, pool, nowMs, unkeyedBefore, pointerBase, null);
    }

    /**
     * @param claim marks each batch and says to how many partitions the records go; null for none
     */
    RecordDraft(
            TopicMetadata topic,
            BuilderPool pool,
            long nowMs,
            int unkeyedBefore,
            String pointerBase,
            @Nullable Claim claim) {
        int count = claim == null ? topic.partitionCount() : claim.partitionCount();
        this.claim = claim;
        this.pointerBase = pointerBase;
        this.topic = topic;
        this.compacted = TopicConfig.isCompacted(topic.config());
        this.pool = pool;
        this.nowMs = nowMs;
        this.unkeyedBefore = unkeyedBefore;
        this.builders = new BatchBuilder[count];
        this.counts = new int[count];
    }

    public TopicMetadata topic() {
        return topic;
    }

    /** Records so far. */
    public int count() {
        return count;
    }

    /** The broker's wall clock when the request came, epoch milliseconds. */
    public long nowMs() {
        return nowMs;
    }

    /**
     * Adds a record.
     *
     * @param partition what the caller asked for, or {@link #ANY_PARTITION}
     * @param timestampMs epoch milliseconds, or {@link #NO_TIMESTAMP} for now
     * @throws dev.restbus.api.BusException 404 {@code unknown-partition}, 422 {@code missing-field}
     *     for a record without a key in a compacted topic, 413 {@code record-too-large}, {@code
     *     batch-too-large}
     */
    public void add(
            int partition,
            long timestampMs,
            @Nullable Slice key,
            @Nullable Slice value,
            RecordHeaders headers) {
        checkLimits(key, value);
        if (key == null && compacted) {
            throw keyNeeded(pointer("key"), topic.name());
        }
        int target = choose(partition, key);
        BatchBuilder builder = builders[target];
        if (builder == null) {
            builder = pool.take();
            builder.begin();
            builders[target] = builder;
        }
        if (count == partitions.length) {
            partitions = Arrays.copyOf(partitions, count * 2);
            ordinals = Arrays.copyOf(ordinals, count * 2);
        }
        partitions[count] = target;
        ordinals[count] = counts[target]++;
        builder.append(timestampMs == NO_TIMESTAMP ? nowMs : timestampMs, key, value, headers);
        count++;
    }

    /** Gives the buffers back; the draft is of no use after it. */
    public void discard() {
        for (int p = 0; p < builders.length; p++) {
            release(p);
        }
    }

    int partitionOf(int record) {
        return partitions[record];
    }

    int ordinalOf(int record) {
        return ordinals[record];
    }

    int unkeyed() {
        return unkeyed;
    }

    /** How many partitions the topic has, or had when the request first came. */
    int partitionCount() {
        return counts.length;
    }

    boolean isKeyed() {
        return claim != null;
    }

    int recordsIn(int partition) {
        return counts[partition];
    }

    /** Finishes the batch of a partition that has records. */
    Slice finish(int partition, boolean jsonValues) {
        BatchBuilder builder = builders[partition];
        if (builder == null) {
            throw new IllegalStateException("no record for partition " + partition);
        }
        int sizeBytes = builder.finish(jsonValues ? RecordBatch.JSON_VALUES : 0);
        if (claim != null) {
            claim.putInto(builder.bytes(), 0);
        }
        return new Slice(builder.bytes(), 0, sizeBytes);
    }

    void release(int partition) {
        BatchBuilder builder = builders[partition];
        if (builder != null) {
            builders[partition] = null;
            pool.give(builder);
        }
    }

    /** The refusal of a record without a key by a compacted topic. */
    public static BusException keyNeeded(String pointer, String topic) {
        return ProblemCode.MISSING_FIELD.exceptionAt(
                pointer,
                "topic "
                        + topic
                        + " is compacted, so that a record needs a key to be told from others");
    }

    private void checkLimits(@Nullable Slice key, @Nullable Slice value) {
        if (count == MAX_RECORDS) {
            throw ProblemCode.BATCH_TOO_LARGE.exceptionAt(
                    "/records", "a request holds at most " + MAX_RECORDS + " records");
        }
        if (key != null && key.length() > MAX_KEY_BYTES) {
            throw tooLarge("key", key.length(), MAX_KEY_BYTES);
        }
        if (value != null && value.length() > MAX_VALUE_BYTES) {
            throw tooLarge("value", value.length(), MAX_VALUE_BYTES);
        }
    }

    private BusException tooLarge(String what, int length, int max) {
        return ProblemCode.RECORD_TOO_LARGE.exceptionAt(
                pointer(what),
                "the " + what + " has " + length + " bytes; at most " + max + " are allowed");
    }

    private String pointer(String member) {
        return pointerBase.isEmpty() ? member : pointerBase + count + "/" + member;
    }

    private int choose(int partition, @Nullable Slice key) {
        if (partition != ANY_PARTITION) {
            if (partition >= builders.length) {
                throw ProblemCode.UNKNOWN_PARTITION.exceptionAt(
                        pointer("partition"),
                        "topic "
                                + topic.name()
                                + " has partitions 0 to "
                                + (builders.length - 1)
                                + ", not "
                                + partition);
            }
            return partition;
        }
        if (key != null) {
            return Partitioner.forKey(key, builders.length);
        }
        return ((unkeyedBefore + unkeyed++) & 0x7fffffff) % builders.length;
    }
}
