package dev.restbus.broker.offsets;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.replication.PartitionLeader;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One partition of {@code __consumer_offsets}: the entries of the groups that live in it. A change
 * is decided against the newest appended state, appended, applied, and answered once it is durable;
 * who only looks is answered once what was seen is durable. Thread-safe.
 */
public final class OffsetsPartition {

    private static final long DURABLE_TIMEOUT_MS = 30_000;
    private static final int READ_BYTES = 1 << 20;
    private static final int BATCH_BYTES = 1 << 20;
    private static final RecordHeaders NO_HEADERS = new RecordHeaders();

    private final PartitionLeader leader;
    private final InstantSource clock;

    /** What the log says, all of it; a group without entries is absent. Guarded by this. */
    private final Map<String, Map<OffsetKey, OffsetEntry>> groups = new HashMap<>();

    private final BatchBuilder builder = new BatchBuilder(4096);

    /** Behind the last record applied. Guarded by this. */
    private long appliedEnd;

    private OffsetsPartition(PartitionLeader leader, InstantSource clock) {
        this.leader = leader;
        this.clock = clock;
    }

    /**
     * Replays the log; blocks while it reads.
     *
     * @throws BusException 500 {@code corrupt-record}
     */
    public static OffsetsPartition load(PartitionLeader leader, InstantSource clock) {
        OffsetsPartition partition = new OffsetsPartition(leader, clock);
        partition.replay();
        return partition;
    }

    /**
     * A change on its way to the disk.
     *
     * @param answer what was decided
     * @param durable completes once it, and all it was decided on, is below the high watermark;
     *     fails with 504 {@code outcome-unknown} or 503
     */
    public record Accepted<R>(R answer, CompletableFuture<Void> durable) {

        /** The answer once it is durable. */
        public CompletableFuture<R> whenDurable() {
            return durable.thenApply(ignored -> answer);
        }
    }

    /** The newest state, and what a decision changes of it; all of it is appended or nothing. */
    public final class Draft {
        private final Map<OffsetKey, @Nullable OffsetEntry> changes = new LinkedHashMap<>();

        /** The entry, or null. */
        public @Nullable OffsetEntry get(OffsetKey key) {
            if (changes.containsKey(key)) {
                return changes.get(key);
            }
            return groups.getOrDefault(key.group(), Map.of()).get(key);
        }

        /** The entry, or a fresh one. */
        public OffsetEntry getOrFresh(OffsetKey key, String topic) {
            OffsetEntry entry = get(key);
            return entry == null ? OffsetEntry.fresh(topic) : entry;
        }

        /** The entries that the group had before this decision. */
        public Map<OffsetKey, OffsetEntry> entries(String group) {
            return Map.copyOf(groups.getOrDefault(group, Map.of()));
        }

        public void put(OffsetKey key, OffsetEntry entry) {
            changes.put(key, entry);
        }

        public void remove(OffsetKey key) {
            changes.put(key, null);
        }
    }

    /**
     * Decides and appends.
     *
     * @param decide runs under this partition's lock, so it must be quick and must not wait; what
     *     it throws is thrown here and changes nothing
     * @throws BusException the decision's own, or why the append was refused: 429 {@code
     *     backpressure}, 507 {@code disk-full}, 503 {@code replica-fenced}
     */
    public <R> Accepted<R> update(Function<Draft, R> decide) {
        R answer;
        long end;
        synchronized (this) {
            Draft draft = new Draft();
            answer = decide.apply(draft);
            if (!draft.changes.isEmpty()) {
                append(draft.changes);
                draft.changes.forEach(this::apply);
            }
            end = appliedEnd;
        }
        return new Accepted<>(answer, durable(end));
    }

    /** The entries of a group, once what they show is durable. */
    public CompletableFuture<Map<OffsetKey, OffsetEntry>> entries(String group) {
        return update(draft -> draft.entries(group)).whenDurable();
    }

    /** The newest entry, which need not be durable yet, or null. */
    public synchronized @Nullable OffsetEntry peek(OffsetKey key) {
        return groups.getOrDefault(key.group(), Map.of()).get(key);
    }

    /** Every entry with a dead-letter move under way. */
    public synchronized List<OffsetKey> moves() {
        List<OffsetKey> moving = new ArrayList<>();
        groups.values()
                .forEach(
                        entries ->
                                entries.forEach(
                                        (key, entry) -> {
                                            if (entry.move() != null) {
                                                moving.add(key);
                                            }
                                        }));
        return moving;
    }

    /** The groups that have entries here. */
    public synchronized Set<String> groups() {
        return new TreeSet<>(groups.keySet());
    }

    private synchronized void replay() {
        RecordReader reader = new RecordReader();
        long position = leader.logStart();
        LogSlice slice = leader.read(position, READ_BYTES);
        while (slice.length() > 0) {
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
                reader.over(slice.bytes(), at);
                while (reader.next()) {
                    applyRecord(reader);
                }
                position = RecordBatch.nextOffset(slice.bytes(), at);
            }
            slice = leader.read(position, READ_BYTES);
        }
        appliedEnd = position;
        if (position != leader.logEnd()) {
            throw new IllegalStateException(
                    leader.name() + " was read to " + position + " of " + leader.logEnd());
        }
    }

    private void applyRecord(RecordReader reader) {
        Slice keyBytes = reader.key();
        OffsetKey key = keyBytes == null ? null : OffsetsCodec.readKey(keyBytes);
        if (key != null) {
            Slice value = reader.value();
            apply(key, value == null ? null : OffsetsCodec.readValue(value));
        }
    }

    private void apply(OffsetKey key, @Nullable OffsetEntry entry) {
        if (entry != null) {
            groups.computeIfAbsent(key.group(), group -> new HashMap<>()).put(key, entry);
            return;
        }
        Map<OffsetKey, OffsetEntry> entries = groups.get(key.group());
        if (entries != null) {
            entries.remove(key);
            if (entries.isEmpty()) {
                groups.remove(key.group());
            }
        }
    }

    private void append(Map<OffsetKey, @Nullable OffsetEntry> changes) {
        // Nobody else appends to this log, so it was written or refused when the call returns.
        CompletableFuture<Long> appended = leader.write(batches(changes));
        long end = leader.logEnd();
        if (end == appliedEnd) {
            throw refusal(appended);
        }
        appliedEnd = end;
    }

    private static RuntimeException refusal(CompletableFuture<Long> appended) {
        Throwable failure = appended.handle((base, thrown) -> thrown).getNow(null);
        return failure != null && Futures.cause(failure) instanceof BusException expected
                ? expected
                : new IllegalStateException("an append was neither written nor refused", failure);
    }

    private List<Slice> batches(Map<OffsetKey, @Nullable OffsetEntry> changes) {
        List<Slice> batches = new ArrayList<>();
        long nowMs = clock.millis();
        builder.begin();
        changes.forEach(
                (key, entry) -> {
                    if (builder.sizeBytes() > BATCH_BYTES) {
                        batches.add(finished());
                        builder.begin();
                    }
                    Slice value = entry == null ? null : OffsetsCodec.value(entry);
                    builder.append(nowMs, OffsetsCodec.key(key), value, NO_HEADERS);
                });
        batches.add(finished());
        return batches;
    }

    private Slice finished() {
        int sizeBytes = builder.finish(RecordBatch.JSON_VALUES);
        return Slice.of(Arrays.copyOf(builder.bytes(), sizeBytes));
    }

    private CompletableFuture<Void> durable(long end) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        leader.highWatermark()
                .await(
                        end,
                        System.nanoTime() + DURABLE_TIMEOUT_MS * 1_000_000,
                        failure -> {
                            if (failure == null) {
                                durable.complete(null);
                            } else {
                                durable.completeExceptionally(failure);
                            }
                        });
        return durable;
    }
}
