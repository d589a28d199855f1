package dev.restbus.broker.publish;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.Names;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.broker.routing.Partitioner;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Produce: opens a draft for a topic, which is created if need be, and appends what was drafted,
 * each partition's share all or nothing. Thread-safe.
 */
public final class Publisher {

    private static final System.Logger LOGGER = System.getLogger(Publisher.class.getName());

    private final Partitions partitions;
    private final CoordinatorChannel coordinator;
    private final Executor completions;
    private final boolean autoCreate;
    private final InstantSource clock;
    private final Partitioner partitioner = new Partitioner();
    private final BuilderPool pool = new BuilderPool();
    private final LongAdder records = new LongAdder();
    private final KeyedRequest.Running running = new KeyedRequest.Running();

    /**
     * @param completions goes on with what waited for a new topic, whose log is opened then: not
     *     the coordinator's thread
     */
    public Publisher(
            Partitions partitions,
            CoordinatorChannel coordinator,
            Executor completions,
            boolean autoCreate,
            InstantSource clock) {
        this.partitions = partitions;
        this.coordinator = coordinator;
        this.completions = completions;
        this.autoCreate = autoCreate;
        this.clock = clock;
    }

    /** Records handed to partitions since the start. */
    public long recordsTaken() {
        return records.sum();
    }

    /** The topic if it exists, else null. */
    public @Nullable TopicMetadata topic(String name) {
        return partitions.topic(name);
    }

    /**
     * The topic, created with defaults if it is not there.
     *
     * @throws BusException 422 {@code invalid-name}; the future fails with 404 {@code
     *     unknown-topic} where creating is off
     */
    public CompletableFuture<TopicMetadata> topicOrCreate(String name) {
        TopicMetadata known = partitions.topic(name);
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        Names.requireOwn("topic", name);
        if (!autoCreate) {
            return CompletableFuture.failedFuture(
                    ProblemCode.UNKNOWN_TOPIC.exception(
                            "there is no topic '" + name + "' and bus.topics.auto-create is off"));
        }
        NewTopic wanted = new NewTopic(name, NewTopic.DEFAULT_PARTITIONS, null, Map.of());
        return coordinator
                .createTopic(wanted)
                .thenApplyAsync(CoordinatorChannel.Created::topic, completions)
                .exceptionallyCompose(failure -> raceWinner(name, failure));
    }

    /**
     * An empty draft for the topic; whoever takes it publishes or discards it.
     *
     * @param pointerBase what stands before a record's number in a JSON pointer, {@code /records/};
     *     empty for a request whose body is the value
     */
    public RecordDraft draft(TopicMetadata topic, String pointerBase) {
        return new RecordDraft(
                topic, pool, clock.millis(), partitioner.unkeyedSoFar(topic.id()), pointerBase);
    }

    /**
     * Begins a request with an idempotency key; whoever takes it ends it.
     *
     * @throws BusException 404 {@code unknown-topic}, 409 {@code idempotency-key-in-progress}, 422
     *     {@code idempotency-key-reused}
     */
    public KeyedRequest begin(TopicMetadata topic, RequestKey key) {
        return KeyedRequest.begin(running, partitions, topic, key);
    }

    /** As {@link #draft(TopicMetadata, String)}, for a request with an idempotency key. */
    public RecordDraft draft(KeyedRequest request, String pointerBase) {
        return new RecordDraft(
                request.topic(),
                pool,
                clock.millis(),
                request.unkeyedFrom(),
                pointerBase,
                request.claim());
    }

    /**
     * A draft for a topic that does not exist yet, to find the faults of a request before the topic
     * is created; discard it.
     */
    public RecordDraft trialDraft(String name, String pointerBase) {
        PartitionMetadata nowhere =
                new PartitionMetadata(0, PartitionMetadata.NO_LEADER, 0, 0, List.of(), List.of());
        TopicMetadata imagined =
                new TopicMetadata(
                        name,
                        new UUID(0, 0),
                        Collections.nCopies(NewTopic.DEFAULT_PARTITIONS, nowhere),
                        1,
                        true,
                        Map.of(),
                        0);
        return draft(imagined, pointerBase);
    }

    /**
     * Appends a draft of at least one record; of one with an idempotency key, what is not there.
     *
     * @param jsonValues whether values without a content type are validated JSON
     * @param acks {@link Acks#NONE} completes as {@link Acks#LEADER} does
     * @param timeoutMs how long {@link Acks#ALL} waits
     * @return fails where no partition took its share, with the first partition's failure, or the
     *     first of unknown outcome where there is one
     */
    public CompletableFuture<Produced> publish(
            RecordDraft draft, boolean jsonValues, Acks acks, long timeoutMs) {
        int last = lastPartition(draft);
        PartitionLeader[] leaders = leadersOf(draft);
        if (!draft.isKeyed()) {
            partitioner.count(draft.topic().id(), draft.unkeyed());
        }
        records.add(draft.count());
        Shares shares = new Shares(draft);
        for (int p = 0; p <= last; p++) {
            if (draft.recordsIn(p) > 0) {
                int partition = p;
                Slice batch = draft.finish(p, jsonValues);
                Runnable released = () -> draft.release(partition);
                if (draft.isKeyed()) {
                    leaders[p]
                            .appendOnce(batch, acks, timeoutMs, released)
                            .whenComplete(
                                    (stored, failure) -> shares.done(partition, stored, failure));
                } else {
                    leaders[p]
                            .append(List.of(batch), acks, timeoutMs, released)
                            .whenComplete((base, failure) -> shares.done(partition, base, failure));
                }
            }
        }
        return shares.answer;
    }

    /**
     * Appends one finished batch with a producer's sequence, unless the partition has it.
     *
     * @return as {@link PartitionLeader#appendOnce}
     * @throws BusException 404 {@code unknown-topic}, {@code unknown-partition}
     */
    public CompletableFuture<PartitionLeader.Stored> publishOnce(
            TopicMetadata topic, int partition, Slice batch, Acks acks, long timeoutMs) {
        PartitionLeader leader = partitions.leader(topic, partition);
        records.add(RecordBatch.recordCount(batch.bytes(), batch.at()));
        return leader.appendOnce(batch, acks, timeoutMs, null);
    }

    /**
     * Appends finished batches to one partition, all in a row or none, as they are: only base
     * offset and epoch are set, in place.
     *
     * @return completes with the offset of the first record, or fails, as {@link
     *     PartitionLeader#append(List, Acks, long)}
     * @throws BusException 404 {@code unknown-topic}, {@code unknown-partition}
     */
    public CompletableFuture<Long> publish(
            TopicMetadata topic, int partition, List<Slice> batches, Acks acks, long timeoutMs) {
        PartitionLeader leader = partitions.leader(topic, partition);
        for (Slice batch : batches) {
            records.add(RecordBatch.recordCount(batch.bytes(), batch.at()));
        }
        return leader.append(batches, acks, timeoutMs);
    }

    /**
     * Finds every leader before the first append, so that an unknown one refuses the whole request.
     */
    private PartitionLeader[] leadersOf(RecordDraft draft) {
        PartitionLeader[] leaders = new PartitionLeader[draft.partitionCount()];
        try {
            for (int p = 0; p < leaders.length; p++) {
                if (draft.recordsIn(p) > 0) {
                    leaders[p] = partitions.leader(draft.topic(), p);
                }
            }
        } catch (RuntimeException e) {
            draft.discard();
            throw e;
        }
        return leaders;
    }

    private static int lastPartition(RecordDraft draft) {
        int p = draft.partitionCount() - 1;
        while (p >= 0 && draft.recordsIn(p) == 0) {
            p--;
        }
        if (p < 0) {
            throw new IllegalArgumentException("an empty draft");
        }
        return p;
    }

    /** Two requests may create the same topic at once; the loser uses the winner's. */
    private CompletableFuture<TopicMetadata> raceWinner(String name, Throwable failure) {
        TopicMetadata winner = partitions.topic(name);
        return winner != null
                ? CompletableFuture.completedFuture(winner)
                : CompletableFuture.failedFuture(cause(failure));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
    }

    /** Gathers what the partitions answer. */
    private static final class Shares {
        private final RecordDraft draft;
        private final CompletableFuture<Produced> answer = new CompletableFuture<>();
        private final long[] baseOffsets;
        private final @Nullable BusException[] failures;
        private final AtomicInteger open;
        private final AtomicInteger stored = new AtomicInteger();

        /** Shares that were in the log before, and the time of one of them. */
        private final AtomicInteger replayed = new AtomicInteger();

        private volatile long replayedMs;

        Shares(RecordDraft draft) {
            this.draft = draft;
            int partitions = draft.partitionCount();
            baseOffsets = new long[partitions];
            failures = new BusException[partitions];
            int shares = 0;
            for (int p = 0; p < partitions; p++) {
                shares += draft.recordsIn(p) > 0 ? 1 : 0;
            }
            open = new AtomicInteger(shares);
        }

        void done(
                int partition,
                PartitionLeader.@Nullable Stored share,
                @Nullable Throwable failure) {
            if (share != null && share.replayed()) {
                replayedMs = share.timestampMs();
                replayed.incrementAndGet();
            }
            done(partition, share == null ? null : share.baseOffset(), failure);
        }

        void done(int partition, @Nullable Long base, @Nullable Throwable failure) {
            if (base != null) {
                baseOffsets[partition] = base;
                stored.incrementAndGet();
            } else {
                failures[partition] = expected(failure);
            }
            if (open.decrementAndGet() == 0) {
                finish();
            }
        }

        private void finish() {
            if (stored.get() > 0) {
                boolean all = replayed.get() > 0 && replayed.get() == stored.get();
                answer.complete(
                        new Produced(
                                draft,
                                baseOffsets,
                                failures,
                                all ? replayedMs : Produced.NOT_REPLAYED));
                return;
            }
            BusException told = null;
            for (BusException failure : failures) {
                // One share of unknown outcome makes that of all unknown.
                boolean worse =
                        told == null
                                || (told.problem().outcome() == Outcome.NONE
                                        && failure != null
                                        && failure.problem().outcome() != Outcome.NONE);
                told = worse ? failure : told;
            }
            if (told != null) {
                answer.completeExceptionally(told);
            }
        }

        private static BusException expected(@Nullable Throwable failure) {
            Throwable cause = failure == null ? null : cause(failure);
            if (cause instanceof BusException known) {
                return known;
            }
            LOGGER.log(System.Logger.Level.ERROR, "an append failed", cause);
            return ProblemCode.INTERNAL.exception("the append failed");
        }
    }
}
