package dev.restbus.broker.replication;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.FileLog;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.PartitionLog;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leader of one partition: it puts appends in order, has them forced, and moves the high
 * watermark.
 *
 * <p>Appends run one at a time on whichever thread holds the partition: a thread that finds it idle
 * appends by itself; otherwise it leaves its append in the queue, and the holder writes all that is
 * queued with one write. An append that is answered only once it is forced goes to the queue at
 * once: the thread that forces writes all of a round with one write, then forces it. What is queued
 * or written and not yet forced is bounded; beyond it is 429 {@code backpressure}. Thread-safe.
 */
public final class PartitionLeader implements GroupCommit.Member {

    /** At most so much of one partition is not forced. */
    public static final long MAX_UNFORCED_BYTES = 64L << 20;

    /** At most so much of the whole broker is not forced. */
    public static final long MAX_BROKER_UNFORCED_BYTES = 1L << 30;

    private static final System.Logger LOG = System.getLogger(PartitionLeader.class.getName());
    private static final long BACKPRESSURE_RETRY_MS = 1_000;

    private final TopicPartition name;
    private final UUID topicId;
    private final PartitionLog log;
    private final GroupCommit groupCommit;
    private final HighWatermark highWatermark;
    private final Repeats repeats;

    /** Whether the disk is full but for what must go on, which {@link #write} brings. */
    private final BooleanSupplier shortOfRoom;

    private final UnforcedBytes unforced;
    private final RoundWriter writer;
    private final AppendQueue queue;

    PartitionLeader(
            TopicPartition name, UUID topicId, int leaderEpoch, PartitionLog log, Commits commits) {
        this.name = name;
        this.topicId = topicId;
        this.log = log;
        this.groupCommit = commits.groupCommit();
        this.shortOfRoom = commits.shortOfRoom();
        this.repeats = Repeats.of(log);
        this.highWatermark =
                new HighWatermark(log.durableEnd(), commits.completions(), this::forceSoon);
        this.unforced =
                new UnforcedBytes(
                        MAX_UNFORCED_BYTES,
                        MAX_BROKER_UNFORCED_BYTES,
                        commits.brokerUnforcedBytes());
        this.writer =
                new RoundWriter(this, leaderEpoch, log, commits, highWatermark, repeats, unforced);
        this.queue = new AppendQueue(writer);
    }

    /** What the partitions of one disk share. */
    record Commits(
            GroupCommit groupCommit,
            Executor completions,
            AtomicLong brokerUnforcedBytes,
            BooleanSupplier shortOfRoom) {}

    public TopicPartition name() {
        return name;
    }

    public UUID topicId() {
        return topicId;
    }

    public int leaderEpoch() {
        return writer.leaderEpoch();
    }

    public long logStart() {
        return log.logStart();
    }

    public long logEnd() {
        return log.logEnd();
    }

    public long sizeBytes() {
        return log.sizeBytes();
    }

    /** What readers and {@code acks=all} wait on. */
    public HighWatermark highWatermark() {
        return highWatermark;
    }

    /** {@link #append(List, Acks, long, Runnable)} for batches that nobody reuses. */
    public CompletableFuture<Long> append(List<Slice> batches, Acks acks, long timeoutMs) {
        return append(batches, acks, timeoutMs, null);
    }

    /**
     * Appends whole batches, all in a row or none.
     *
     * @param batches finished batches; their base offset and epoch are set in place
     * @param acks when the future completes: {@link Acks#LEADER} (and {@link Acks#NONE}) once
     *     written, {@link Acks#ALL} once below the high watermark
     * @param timeoutMs how long {@link Acks#ALL} waits
     * @param released run once the bytes of the batches are not needed any more; null for nobody
     * @return completes with the offset of the first record, or fails: 429 {@code backpressure},
     *     507 {@code disk-full}, 503 {@code replica-fenced} (nothing stored), 504 {@code
     *     outcome-unknown}
     */
    public CompletableFuture<Long> append(
            List<Slice> batches, Acks acks, long timeoutMs, @Nullable Runnable released) {
        Append append = new Append(batches, acks, acks == Acks.ALL, timeoutMs, released);
        if (append.isTold()) {
            throw new IllegalArgumentException("a batch that may be in the log already");
        }
        return append(append);
    }

    /**
     * Where a batch stands.
     *
     * @param replayed whether it was in the log already
     * @param timestampMs of its first record
     */
    public record Stored(long baseOffset, boolean replayed, long timestampMs) {}

    /**
     * Appends a batch with a producer's sequence or with a {@link Claim}, unless it is in the log
     * already. What is answered is as durable as with {@link #append}, also for a repeat.
     *
     * @return fails as {@link #append}, or: 409 {@code out-of-order-sequence}, {@code
     *     fenced-producer}, 422 {@code idempotency-key-reused}
     */
    public CompletableFuture<Stored> appendOnce(
            Slice batch, Acks acks, long timeoutMs, @Nullable Runnable released) {
        long timestampMs = RecordBatch.baseTimestampMs(batch.bytes(), batch.at());
        Append append = new Append(List.of(batch), acks, acks == Acks.ALL, timeoutMs, released);
        return append(append)
                .thenApply(
                        base -> {
                            Repeats.Stored stored = append.stored();
                            return stored == null
                                    ? new Stored(base, false, timestampMs)
                                    : new Stored(base, true, stored.timestampMs());
                        });
    }

    /**
     * The claim of the request whose share this partition took lately.
     *
     * @param claimId as {@link Claim#id()}
     */
    public @Nullable Claim claim(long claimId) {
        Claims.Share share = repeats.find(claimId);
        return share == null ? null : share.claim();
    }

    private CompletableFuture<Long> append(Append append) {
        if (shortOfRoom.getAsBoolean()) {
            append.release();
            return CompletableFuture.failedFuture(FileLog.diskFull());
        }
        if (!unforced.admit(append.sizeBytes())) {
            append.release();
            return CompletableFuture.failedFuture(backpressure());
        }
        if (append.isForAll()) {
            queue.add(append);
            keepForCommit();
        } else {
            queue.writeNow(append);
        }
        return append.answer();
    }

    /**
     * Appends whole batches on this thread, to be forced in the next round: for a state log, whose
     * changes are applied once written and answered once the high watermark is behind them.
     *
     * @return as {@link #append} with {@link Acks#LEADER}; done on return if nobody else appends
     */
    public CompletableFuture<Long> write(List<Slice> batches) {
        Append append = new Append(batches, Acks.LEADER, true, 0, null);
        if (!unforced.admit(append.sizeBytes())) {
            return CompletableFuture.failedFuture(backpressure());
        }
        queue.writeNow(append);
        return append.answer();
    }

    /**
     * Reads whole batches up to the high watermark. Where compaction took the records at the
     * offset, they begin behind it.
     *
     * @return empty where {@code offset} is between the high watermark and the log end
     * @throws BusException 416 {@code offset-out-of-range} with the bounds; 500 {@code
     *     corrupt-record}
     */
    public PartitionLog.LogSlice read(long offset, int maxBytes) {
        long end = highWatermark.offset();
        if (offset < log.logStart() || offset > log.logEnd()) {
            throw outOfRange(offset);
        }
        if (offset >= end) {
            return PartitionLog.LogSlice.EMPTY;
        }
        try {
            return Holes.readBehind(log, offset, maxBytes, end);
        } catch (BusException e) {
            // Deleted since it was looked at above: the same answer as for one deleted before.
            throw offset < log.logStart() ? outOfRange(offset) : e;
        }
    }

    /**
     * The offset of the first record whose timestamp is at or after a time; the high watermark if
     * all that can be read are older.
     *
     * @param timestampMs epoch milliseconds
     * @throws BusException 500 {@code corrupt-record} where damage is in the way
     */
    public long firstAt(long timestampMs) {
        return log.firstAt(timestampMs, highWatermark.offset());
    }

    /**
     * Deletes the records below an offset; blocks while it is made durable.
     *
     * @param before the first record to keep, up to the high watermark
     * @return where the log starts now: at or above {@code before}
     * @throws BusException 422 {@code offset-beyond-log-end}; as {@link PartitionLog#startAt}
     */
    public long deleteBefore(long before) {
        long end = highWatermark.offset();
        if (before > end) {
            throw Problem.at(
                            ProblemCode.OFFSET_BEYOND_LOG_END,
                            "before",
                            "records of "
                                    + name
                                    + " can be deleted up to "
                                    + end
                                    + ", not up to "
                                    + before)
                    .with("highWatermark", end)
                    .asException();
        }
        if (repeats.savedEnd() < before) {
            // So that no producer is forgotten with its records.
            repeats.save(queue.holding(repeats::snapshot));
        }
        return log.startAt(before);
    }

    /** The failure of a read at an offset that is not in the log. */
    public BusException outOfRange(long offset) {
        return ProblemCode.OFFSET_OUT_OF_RANGE
                .problem(
                        "offset "
                                + offset
                                + " of "
                                + name
                                + " is outside "
                                + log.logStart()
                                + " to "
                                + log.logEnd())
                .with("logStartOffset", log.logStart())
                .with("highWatermark", highWatermark.offset())
                .with("logEndOffset", log.logEnd())
                .asException();
    }

    @Override
    public PartitionLog log() {
        return log;
    }

    @Override
    public void beforeForce() {
        queue.drain(true);
    }

    @Override
    public void onForced(long durableEnd) {
        unforced.forced(durableEnd);
        highWatermark.advance(durableEnd);
    }

    @Override
    public void onForceFailed(BusException failure) {
        highWatermark.fail(unknown(failure));
        unforced.giveUp();
    }

    /** A restart of this broker, or a new election, gave this leader a new epoch. */
    void onLeaderEpoch(int newEpoch) {
        writer.onLeaderEpoch(newEpoch);
    }

    /** Ends the waits that are past their deadline, also of appends not written yet. */
    void expire(long nowNanos) {
        queue.expire(nowNanos);
        highWatermark.expire(nowNanos);
    }

    /** Fails everything that waits and closes the log. */
    void close() {
        abandon();
        saveProducers();
        log.close();
    }

    /** Fails everything that waits; whoever deletes the log closes it. */
    void abandon() {
        queue.drain(false);
        highWatermark.fail(
                unknown(ProblemCode.SHUTTING_DOWN.exception("the partition is being closed")));
        unforced.giveUp();
    }

    /** Saves what is known of the producers if it is time; blocks on the disk. */
    void keepProducers() {
        if (repeats.isSnapshotDue()) {
            repeats.save(queue.holding(repeats::snapshot));
        }
    }

    /** Behind it nothing is deleted or compacted, so that no producer is forgotten with it. */
    long upkeepEnd() {
        return Math.min(highWatermark.offset(), repeats.savedEnd());
    }

    /** Without it the next start reads more of the log. */
    private void saveProducers() {
        try {
            if (repeats.isBehind()) {
                repeats.save(queue.holding(repeats::snapshot));
            }
        } catch (BusException e) {
            LOG.log(System.Logger.Level.INFO, "no snapshot of the producers of {0}: {1}", name, e);
        }
    }

    private void keepForCommit() {
        try {
            groupCommit.request(this, true);
        } catch (BusException e) {
            // Nobody forces any more; the log refuses as well, and says why.
            queue.drain(false);
        }
    }

    /** A reader came, and what it waits for may be written and left for later. */
    private void forceSoon() {
        if (log.logEnd() > highWatermark.offset()) {
            keepForCommit();
        }
    }

    private BusException backpressure() {
        return ProblemCode.BACKPRESSURE
                .problem("more than the disk can take is waiting to be forced for " + name)
                .withRetryAfterMs(BACKPRESSURE_RETRY_MS)
                .asException();
    }

    private static BusException unknown(BusException failure) {
        return failure.problem().withOutcome(Outcome.UNKNOWN).asException();
    }
}
