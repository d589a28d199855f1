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
import dev.restbus.broker.log.ProducerSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
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

    /**
     * How often a thread looks again for an append that another thread is about to write: a write
     * takes about a microsecond, an answer from another thread ten times that.
     */
    private static final int SPINS = 500;

    private static final System.Logger LOG = System.getLogger(PartitionLeader.class.getName());
    private static final long HOLD_RETRY_NANOS = 50_000;
    private static final long BACKPRESSURE_RETRY_MS = 1_000;

    private final TopicPartition name;
    private final UUID topicId;
    private final PartitionLog log;
    private final GroupCommit groupCommit;
    private final HighWatermark highWatermark;
    private final Repeats repeats;

    /** Queued and written bytes of all partitions that are not forced; shared with the others. */
    private final AtomicLong brokerUnforcedBytes;

    /** Whether the disk is full but for what must go on, which {@link #write} brings. */
    private final BooleanSupplier shortOfRoom;

    private final Executor completions;
    private final Queue<Append> queue = new ConcurrentLinkedQueue<>();

    /** Whether some thread holds the partition: only it takes from the queue and writes. */
    private final AtomicBoolean held = new AtomicBoolean();

    /** Queued or written here and not forced. */
    private final AtomicLong unforcedBytes = new AtomicLong();

    /** Bytes of each finished write with the log end behind it, oldest first, until forced. */
    private final Queue<Written> written = new ConcurrentLinkedQueue<>();

    private volatile int leaderEpoch;

    PartitionLeader(
            TopicPartition name, UUID topicId, int leaderEpoch, PartitionLog log, Commits commits) {
        this.name = name;
        this.topicId = topicId;
        this.leaderEpoch = leaderEpoch;
        this.log = log;
        this.groupCommit = commits.groupCommit();
        this.completions = commits.completions();
        this.brokerUnforcedBytes = commits.brokerUnforcedBytes();
        this.shortOfRoom = commits.shortOfRoom();
        this.repeats = Repeats.of(log);
        this.highWatermark =
                new HighWatermark(log.durableEnd(), commits.completions(), this::forceSoon);
    }

    /** What the partitions of one disk share. */
    record Commits(
            GroupCommit groupCommit,
            Executor completions,
            AtomicLong brokerUnforcedBytes,
            BooleanSupplier shortOfRoom) {}

    private record Written(long endOffset, long bytes) {}

    /** One append on its way; the future completes with the base offset. */
    private static final class Append {
        final List<Slice> batches;
        final int records;
        final long bytes;
        final Acks acks;

        /** Whether somebody waits until it is forced. */
        final boolean awaited;

        final long deadlineNanos;
        final @Nullable Runnable released;

        /** Whether its batch may be in the log already. */
        final boolean told;

        /** Where it is in the log already; null if it was appended. */
        Repeats.@Nullable Stored stored;

        final CompletableFuture<Long> answer = new CompletableFuture<>();

        Append(
                List<Slice> batches,
                Acks acks,
                boolean awaited,
                long timeoutMs,
                @Nullable Runnable released) {
            int recordCount = 0;
            long byteCount = 0;
            boolean anyTold = false;
            for (Slice batch : batches) {
                recordCount += RecordBatch.recordCount(batch.bytes(), batch.at());
                byteCount += batch.length();
                anyTold |= Repeats.isTold(batch.bytes(), batch.at());
            }
            this.batches = batches;
            this.records = recordCount;
            this.bytes = byteCount;
            this.told = anyTold;
            this.acks = acks;
            this.awaited = awaited;
            this.deadlineNanos = System.nanoTime() + timeoutMs * 1_000_000;
            this.released = released;
        }

        void release() {
            if (released != null) {
                released.run();
            }
        }
    }

    public TopicPartition name() {
        return name;
    }

    public UUID topicId() {
        return topicId;
    }

    public int leaderEpoch() {
        return leaderEpoch;
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
        if (append.told) {
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
                            Repeats.Stored stored = append.stored;
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
        if (!admit(append.bytes)) {
            append.release();
            return CompletableFuture.failedFuture(backpressure());
        }
        if (append.acks == Acks.ALL) {
            queue.add(append);
            keepForCommit();
        } else {
            appendNow(append);
        }
        return append.answer;
    }

    /**
     * Appends whole batches on this thread, to be forced in the next round: for a state log, whose
     * changes are applied once written and answered once the high watermark is behind them.
     *
     * @return as {@link #append} with {@link Acks#LEADER}; done on return if nobody else appends
     */
    public CompletableFuture<Long> write(List<Slice> batches) {
        Append append = new Append(batches, Acks.LEADER, true, 0, null);
        if (!admit(append.bytes)) {
            return CompletableFuture.failedFuture(backpressure());
        }
        appendNow(append);
        return append.answer;
    }

    private void appendNow(Append append) {
        if (held.compareAndSet(false, true)) {
            writeFirst(append);
            drain();
        } else {
            queue.add(append);
            drain();
            for (int i = 0; i < SPINS && !append.answer.isDone(); i++) {
                Thread.onSpinWait();
                drain();
            }
        }
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
            repeats.save(holding());
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
        drain(true);
    }

    @Override
    public void onForced(long durableEnd) {
        long freed = 0;
        Written oldest = written.peek();
        while (oldest != null && oldest.endOffset() <= durableEnd) {
            freed += oldest.bytes();
            written.poll();
            oldest = written.peek();
        }
        release(freed);
        highWatermark.advance(durableEnd);
    }

    @Override
    public void onForceFailed(BusException failure) {
        highWatermark.fail(unknown(failure));
    }

    /** A restart of this broker, or a new election, gave this leader a new epoch. */
    void onLeaderEpoch(int newEpoch) {
        leaderEpoch = Math.max(leaderEpoch, newEpoch);
    }

    /** Ends the waits that are past their deadline, also of appends not written yet. */
    void expire(long nowNanos) {
        for (Append append : queue) {
            if (append.acks == Acks.ALL && nowNanos - append.deadlineNanos >= 0) {
                append.answer.completeExceptionally(HighWatermark.NOT_IN_TIME);
            }
        }
        highWatermark.expire(nowNanos);
    }

    /** Fails everything that waits and closes the log. */
    void close() {
        drain();
        highWatermark.fail(
                unknown(ProblemCode.SHUTTING_DOWN.exception("the partition is being closed")));
        saveProducers();
        log.close();
    }

    /** Saves what is known of the producers if it is time; blocks on the disk. */
    void keepProducers() {
        if (repeats.isSnapshotDue()) {
            repeats.save(holding());
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
                repeats.save(holding());
            }
        } catch (BusException e) {
            LOG.log(System.Logger.Level.INFO, "no snapshot of the producers of {0}: {1}", name, e);
        }
    }

    private ProducerSnapshot holding() {
        while (!held.compareAndSet(false, true)) {
            LockSupport.parkNanos(HOLD_RETRY_NANOS);
        }
        try {
            return repeats.snapshot();
        } finally {
            held.set(false);
            drain();
        }
    }

    private boolean admit(long bytes) {
        long here = unforcedBytes.addAndGet(bytes);
        long everywhere = brokerUnforcedBytes.addAndGet(bytes);
        // One request is always let in, however large: its own limit was checked at the door.
        if ((here > MAX_UNFORCED_BYTES && here > bytes) || everywhere > MAX_BROKER_UNFORCED_BYTES) {
            release(bytes);
            return false;
        }
        return true;
    }

    private void release(long bytes) {
        if (bytes != 0) {
            unforcedBytes.addAndGet(-bytes);
            brokerUnforcedBytes.addAndGet(-bytes);
        }
    }

    private void keepForCommit() {
        try {
            groupCommit.request(this, true);
        } catch (BusException e) {
            // Nobody forces any more; the log refuses as well, and says why.
            drain();
        }
    }

    /** A reader came, and what it waits for may be written and left for later. */
    private void forceSoon() {
        if (log.logEnd() > highWatermark.offset()) {
            keepForCommit();
        }
    }

    /** By the holder, with what is queued before it. */
    private void writeFirst(Append append) {
        try {
            if (queue.isEmpty()) {
                writeRound(List.of(append), false);
            } else {
                queue.add(append);
                writeQueued(false);
            }
        } finally {
            held.set(false);
        }
    }

    /**
     * Writes what is queued, unless another thread does: that one looks at the queue again after it
     * let go, so that nothing is left behind.
     */
    private void drain() {
        drain(false);
    }

    /**
     * @param beforeForce by the thread that forces next, which need not be asked again
     */
    private void drain(boolean beforeForce) {
        while (!queue.isEmpty() && held.compareAndSet(false, true)) {
            try {
                writeQueued(beforeForce);
            } finally {
                held.set(false);
            }
        }
    }

    private void writeQueued(boolean beforeForce) {
        List<Append> round = new ArrayList<>();
        Append next = queue.poll();
        while (next != null) {
            round.add(next);
            next = queue.poll();
        }
        if (!round.isEmpty()) {
            writeRound(round, beforeForce);
        }
    }

    /** With one that may be in the log already among them, one by one. */
    private void writeRound(List<Append> round, boolean beforeForce) {
        boolean anyTold = false;
        for (Append append : round) {
            anyTold |= append.told;
        }
        if (!anyTold) {
            writeAll(round, beforeForce);
            return;
        }
        for (Append append : round) {
            if (!append.told || isMissing(append)) {
                writeAll(List.of(append), beforeForce);
            }
        }
    }

    /** Whether it is to be appended; else it is answered. */
    private boolean isMissing(Append append) {
        Repeats.Stored stored;
        try {
            stored = repeats.check(append.batches.get(0));
        } catch (RuntimeException e) {
            refuse(List.of(append), e);
            return false;
        }
        if (stored == null) {
            return true;
        }
        append.stored = stored;
        release(append.bytes);
        append.release();
        if (append.acks == Acks.ALL) {
            // Found by the thread that forces, which must not write answers as well.
            completions.execute(() -> answer(append, stored.baseOffset()));
        } else {
            append.answer.complete(stored.baseOffset());
        }
        return false;
    }

    private void writeAll(List<Append> round, boolean beforeForce) {
        long base;
        try {
            base = log.append(batchesOf(round), leaderEpoch);
        } catch (RuntimeException e) {
            refuse(round, e);
            return;
        }
        long bytes = 0;
        for (Append append : round) {
            bytes += append.bytes;
            if (append.told) {
                Slice batch = append.batches.get(0);
                repeats.remember(batch.bytes(), batch.at());
            }
            append.release();
        }
        written.add(new Written(log.logEnd(), bytes));
        if (!beforeForce) {
            groupCommit.request(this, isAwaited(round));
        }
        for (Append append : round) {
            answer(append, base);
            base += append.records;
        }
    }

    /** Whether a producer or a reader waits for this to be forced. */
    private boolean isAwaited(List<Append> round) {
        for (Append append : round) {
            if (append.awaited) {
                return true;
            }
        }
        return highWatermark.hasWaiters();
    }

    private void refuse(List<Append> round, RuntimeException failure) {
        for (Append append : round) {
            release(append.bytes);
            append.release();
            if (append.acks == Acks.ALL) {
                // Written by the thread that forces, which must not write answers as well.
                completions.execute(() -> append.answer.completeExceptionally(failure));
            } else {
                append.answer.completeExceptionally(failure);
            }
        }
    }

    private void answer(Append append, long base) {
        if (append.acks != Acks.ALL) {
            append.answer.complete(base);
            return;
        }
        highWatermark.awaitForce(
                base + append.records,
                append.deadlineNanos,
                failure -> {
                    if (failure == null) {
                        append.answer.complete(base);
                    } else {
                        append.answer.completeExceptionally(
                                failure.problem().with("offset", base).asException());
                    }
                });
    }

    private static List<Slice> batchesOf(List<Append> round) {
        if (round.size() == 1) {
            return round.get(0).batches;
        }
        List<Slice> all = new ArrayList<>();
        for (Append append : round) {
            all.addAll(append.batches);
        }
        return all;
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
