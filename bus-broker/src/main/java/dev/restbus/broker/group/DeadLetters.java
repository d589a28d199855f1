package dev.restbus.broker.group;

import dev.restbus.api.Acks;
import dev.restbus.api.KeyHash;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.offsets.Futures;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetEntry.DeadLetterMove;
import dev.restbus.broker.offsets.OffsetEntry.Retry;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.TopicCreation;
import dev.restbus.broker.replication.PartitionLeader;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Moves records to dead-letter topics in three durable steps: note the move and where the target
 * ends, append the copy, commit behind the record. A move that was cut off looks for its copy from
 * the noted end on before it appends one, so it is repeated until done and visible once.
 * Thread-safe.
 */
final class DeadLetters {

    private static final String HEADER_PREFIX = "bus-dlq-";
    private static final String ORIGIN_TOPIC = "bus-dlq-origin-topic";
    private static final String ORIGIN_PARTITION = "bus-dlq-origin-partition";
    private static final String ORIGIN_OFFSET = "bus-dlq-origin-offset";
    private static final String GROUP = "bus-dlq-group";
    private static final String REASON_MAX_ATTEMPTS = "max-attempts";

    private static final long APPEND_TIMEOUT_MS = 30_000;
    private static final int SEARCH_BYTES = 1 << 20;
    private static final int COPY_BYTES = 4096;

    private final GroupServices services;
    private final TopicCreation topics;

    /** Moves under way in this process; at most one a partition. */
    private final Map<OffsetKey, CompletableFuture<Long>> moving = new ConcurrentHashMap<>();

    DeadLetters(GroupServices services, TopicCreation topics) {
        this.services = services;
        this.topics = topics;
    }

    /**
     * Where the record goes: the same number where the topic has it, else by the key. The topic is
     * created, as wide as the source, if it is not there.
     */
    CompletableFuture<PartitionLeader> target(
            OffsetKey key, PartitionLeader source, long offset, RetryPolicy policy) {
        TopicMetadata origin = services.partitions().requireTopic(source.name().topic());
        NewTopic wanted =
                new NewTopic(
                        policy.deadLetterTopicOf(key.group()),
                        origin.partitionCount(),
                        null,
                        Map.of());
        return topics.ensure(wanted)
                .thenApply(
                        topic ->
                                services.partitions()
                                        .leader(topic, partition(source, offset, topic)));
    }

    /**
     * Carries out the move that is noted for the partition and completes with the offset behind the
     * record. Where none is noted, with the committed offset.
     */
    CompletableFuture<Long> move(OffsetsPartition offsets, OffsetKey key) {
        CompletableFuture<Long> fresh = new CompletableFuture<>();
        CompletableFuture<Long> present = moving.putIfAbsent(key, fresh);
        if (present != null) {
            return present;
        }
        start(offsets, key)
                .whenComplete(
                        (next, failure) -> {
                            moving.remove(key, fresh);
                            if (failure == null) {
                                fresh.complete(next);
                            } else {
                                fresh.completeExceptionally(Futures.cause(failure));
                            }
                        });
        return fresh;
    }

    private CompletableFuture<Long> start(OffsetsPartition offsets, OffsetKey key) {
        OffsetEntry entry = offsets.peek(key);
        if (entry == null || entry.move() == null) {
            return CompletableFuture.completedFuture(entry == null ? 0 : entry.nextOffset(0));
        }
        try {
            return copied(key, entry).thenCompose(copied -> commit(offsets, key, entry.move()));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<?> copied(OffsetKey key, OffsetEntry entry) {
        DeadLetterMove move = Objects.requireNonNull(entry.move());
        Slice copy = copy(key, entry);
        if (copy == null) {
            return CompletableFuture.completedFuture(null);
        }
        PartitionLeader target = services.partitions().leader(move.topic(), move.partition());
        // A topic of another id was made after the move was noted: nothing of it can be in there.
        long from = target.topicId().equals(move.topicId()) ? move.searchFrom() : target.logEnd();
        return readable(target, target.logEnd())
                .thenCompose(
                        end ->
                                holdsCopy(target, from, entry, key)
                                        ? CompletableFuture.completedFuture(end)
                                        : target.append(
                                                List.of(copy), Acks.ALL, APPEND_TIMEOUT_MS));
    }

    private CompletableFuture<Long> commit(
            OffsetsPartition offsets, OffsetKey key, DeadLetterMove move) {
        long next = move.offset() + 1;
        return offsets.update(
                        draft -> {
                            OffsetEntry entry = draft.get(key);
                            if (entry != null && move.equals(entry.move())) {
                                int leaderEpoch = leaderEpoch(entry.topic(), key);
                                long nowMs = services.clock().nowMs();
                                draft.put(
                                        key,
                                        entry.moved(new Committed(next, null, nowMs, leaderEpoch)));
                            }
                            return next;
                        })
                .whenDurable();
    }

    private int leaderEpoch(String topic, OffsetKey key) {
        return services.partitions().leader(topic, key.partition()).leaderEpoch();
    }

    private CompletableFuture<Long> readable(PartitionLeader target, long end) {
        CompletableFuture<Long> reached = new CompletableFuture<>();
        target.highWatermark()
                .await(
                        end,
                        System.nanoTime() + APPEND_TIMEOUT_MS * 1_000_000,
                        failure -> {
                            if (failure == null) {
                                reached.complete(end);
                            } else {
                                reached.completeExceptionally(failure);
                            }
                        });
        return services.hop(reached);
    }

    private boolean holdsCopy(PartitionLeader target, long from, OffsetEntry entry, OffsetKey key) {
        long position = Math.max(from, target.logStart());
        RecordReader record = new RecordReader();
        LogSlice slice = target.read(position, SEARCH_BYTES);
        while (slice.length() > 0) {
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
                record.over(slice.bytes(), at);
                while (record.next()) {
                    if (record.offset() >= position && isCopy(record, entry, key)) {
                        return true;
                    }
                }
            }
            position = lastNext(slice);
            slice = target.read(position, SEARCH_BYTES);
        }
        return false;
    }

    private static long lastNext(LogSlice slice) {
        long next = 0;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
            next = RecordBatch.nextOffset(slice.bytes(), at);
        }
        return next;
    }

    private static boolean isCopy(RecordReader record, OffsetEntry entry, OffsetKey key) {
        DeadLetterMove move = Objects.requireNonNull(entry.move());
        return Long.toString(move.offset()).equals(record.header(ORIGIN_OFFSET))
                && Integer.toString(key.partition()).equals(record.header(ORIGIN_PARTITION))
                && entry.topic().equals(record.header(ORIGIN_TOPIC))
                && key.group().equals(record.header(GROUP));
    }

    /** The record as a batch for the target; null if it is not in the log any more. */
    private @Nullable Slice copy(OffsetKey key, OffsetEntry entry) {
        DeadLetterMove move = Objects.requireNonNull(entry.move());
        TopicMetadata topic = services.partitions().topic(entry.topic());
        if (topic == null || !topic.id().equals(key.topicId())) {
            return null;
        }
        PartitionLeader source = services.partitions().leader(topic, key.partition());
        FoundRecord found = FoundRecord.at(source, move.offset());
        if (found == null) {
            return null;
        }
        RecordReader record = found.record();
        BatchBuilder builder = new BatchBuilder(COPY_BYTES);
        builder.begin();
        builder.append(
                services.clock().nowMs(),
                record.key(),
                record.value(),
                headers(key, entry, record));
        int sizeBytes = builder.finish(found.json() ? RecordBatch.JSON_VALUES : 0);
        return new Slice(builder.bytes(), 0, sizeBytes);
    }

    private static RecordHeaders headers(OffsetKey key, OffsetEntry entry, RecordReader record) {
        Retry retry = Objects.requireNonNull(entry.retry());
        RecordHeaders headers = new RecordHeaders();
        record.headers(
                (name, value) -> {
                    if (!name.text().startsWith(HEADER_PREFIX)) {
                        headers.add(name.copy(), value == null ? new byte[0] : value.copy());
                    }
                });
        headers.add(ORIGIN_TOPIC, entry.topic());
        headers.add(ORIGIN_PARTITION, Integer.toString(key.partition()));
        headers.add(ORIGIN_OFFSET, Long.toString(record.offset()));
        headers.add("bus-dlq-origin-timestamp", Long.toString(record.timestampMs()));
        headers.add(GROUP, key.group());
        headers.add("bus-dlq-attempts", Integer.toString(retry.attempts()));
        headers.add("bus-dlq-reason", REASON_MAX_ATTEMPTS);
        headers.add(
                "bus-dlq-first-failure", Instant.ofEpochMilli(retry.firstFailureMs()).toString());
        headers.add("bus-dlq-last-failure", Instant.ofEpochMilli(retry.lastFailureMs()).toString());
        headers.add("bus-dlq-error-message", retry.error());
        return headers;
    }

    private static int partition(PartitionLeader source, long offset, TopicMetadata target) {
        int same = source.name().partition();
        if (same < target.partitionCount()) {
            return same;
        }
        FoundRecord found = FoundRecord.at(source, offset);
        Slice recordKey = found == null ? null : found.record().key();
        return recordKey == null
                ? 0
                : KeyHash.partition(
                        recordKey.bytes(),
                        recordKey.at(),
                        recordKey.length(),
                        target.partitionCount());
    }
}
