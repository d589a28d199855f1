package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.broker.log.ProducerSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * Tells a batch that is in the log from one that is not, by the sequences of its producer or by the
 * key of its request. Made from the last snapshot in the log's folder and the batches behind it,
 * and told of every batch that is appended. The partition's holder alone uses it, but for {@link
 * #find}, which is any thread's.
 */
final class Repeats {

    static final int MAX_PRODUCERS = 10_000;
    static final int MAX_CLAIMS = 100_000;

    /** A snapshot is saved when so much was appended behind the last one, or a segment is full. */
    private static final long SNAPSHOT_BYTES = 64L << 20;

    /** By so much a start after a crash may be wrong about when a batch came. */
    private static final long SNAPSHOT_AGE_MS = 300_000;

    private static final int READ_BYTES = 1 << 20;
    private static final long NO_PRODUCER = -1;

    private final PartitionLog log;
    private final ProducerState producers = new ProducerState(MAX_PRODUCERS);
    private final Claims claims = new Claims(MAX_CLAIMS);

    /** Where the last snapshot stands. */
    private volatile long savedEnd;

    private volatile long savedBytes;

    /** By the clock of the log; of the start, before the first snapshot behind it. */
    private volatile long savedMs;

    /** Behind the last batch that says whose it is: only a snapshot keeps when that came. */
    private volatile long toldEnd;

    private Repeats(PartitionLog log) {
        this.log = log;
    }

    /** What is in the log already. */
    record Stored(long baseOffset, long timestampMs) {}

    /** Reads the log from the last snapshot on, and all of it if there is none. */
    static Repeats of(PartitionLog log) {
        Repeats repeats = new Repeats(log);
        long from = 0;
        ProducerSnapshot saved = log.producers();
        if (saved != null) {
            repeats.take(saved.lines());
            from = saved.endOffset();
            repeats.savedEnd = from;
        }
        long replayedBytes = repeats.replay(Math.max(from, log.logStart()));
        repeats.savedBytes = log.sizeBytes() - replayedBytes;
        repeats.savedMs = log.clockMs();
        return repeats;
    }

    private void take(String lines) {
        if (lines.isEmpty()) {
            return;
        }
        // Where the clock of the log was lost, nothing may seem to come from its future.
        long nowMs = log.clockMs();
        for (String line : lines.split("\n")) {
            String[] words = line.split(" ");
            producers.take(words, nowMs);
            claims.take(words, nowMs);
        }
    }

    /** Returns how many bytes were read. */
    private long replay(long from) {
        long end = log.logEnd();
        long next = from;
        long bytes = 0;
        while (next < end) {
            PartitionLog.LogSlice slice = read(next, end);
            next = Math.max(remember(slice, next), next + 1);
            bytes += slice.length();
        }
        return bytes;
    }

    /** Of a damaged batch nobody knows whose it is: what is behind it counts. */
    private PartitionLog.LogSlice read(long from, long end) {
        try {
            return log.read(from, READ_BYTES, end);
        } catch (BusException e) {
            return PartitionLog.LogSlice.EMPTY;
        }
    }

    /** Returns the offset behind. */
    private long remember(PartitionLog.LogSlice slice, long from) {
        long next = from;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
            remember(slice.bytes(), at);
            next = RecordBatch.nextOffset(slice.bytes(), at);
        }
        return next;
    }

    /** Whether a batch says whose it is. */
    static boolean isTold(byte[] bytes, int at) {
        return RecordBatch.producerId(bytes, at) != NO_PRODUCER;
    }

    /** The share of a request with a key, if the partition took it lately. */
    Claims.@Nullable Share find(long claimId) {
        return claims.find(claimId, log.clockMs());
    }

    /**
     * Where a batch stands in the log.
     *
     * @return null if it is to be appended, and {@link #remember remembered}
     * @throws BusException 409 {@code out-of-order-sequence}, {@code fenced-producer}, 422 {@code
     *     idempotency-key-reused}, 429 {@code backpressure}
     */
    @Nullable Stored check(Slice batch) {
        return Claim.isIn(batch.bytes(), batch.at())
                ? checkClaim(Claim.of(batch.bytes(), batch.at()))
                : checkSequence(batch.bytes(), batch.at());
    }

    private @Nullable Stored checkClaim(Claim claim) {
        Claims.Share share = find(claim.id());
        if (share == null) {
            claims.requireRoom(log.clockMs());
            return null;
        }
        if (share.claim().requestHash() != claim.requestHash()) {
            throw Claim.reused();
        }
        return new Stored(share.baseOffset(), share.timestampMs());
    }

    private @Nullable Stored checkSequence(byte[] bytes, int at) {
        ProducerState.Sequenced batch = sequenced(bytes, at);
        producers.expire(log.clockMs());
        ProducerState.Verdict verdict = producers.check(batch);
        return switch (verdict.kind()) {
            case NEXT -> null;
            case REPEATED ->
                    new Stored(verdict.baseOffset(), RecordBatch.baseTimestampMs(bytes, at));
            case OUT_OF_ORDER ->
                    throw ProblemCode.OUT_OF_ORDER_SEQUENCE
                            .problem(
                                    "the next sequence of producer "
                                            + batch.producerId()
                                            + " is "
                                            + verdict.expectedSequence()
                                            + ", not "
                                            + batch.baseSequence())
                            .with("expectedSequence", verdict.expectedSequence())
                            .asException();
            case FENCED ->
                    throw ProblemCode.FENCED_PRODUCER.exception(
                            "producer "
                                    + batch.producerId()
                                    + " has a newer epoch than "
                                    + batch.epoch());
        };
    }

    /** A batch is in the log, at the offset that stands in it. */
    void remember(byte[] bytes, int at) {
        if (!isTold(bytes, at)) {
            return;
        }
        toldEnd = RecordBatch.nextOffset(bytes, at);
        long base = RecordBatch.baseOffset(bytes, at);
        if (!Claim.isIn(bytes, at)) {
            producers.remember(sequenced(bytes, at), base, log.clockMs());
            return;
        }
        claims.remember(
                new Claims.Share(
                        Claim.of(bytes, at),
                        base,
                        records(bytes, at),
                        RecordBatch.baseTimestampMs(bytes, at),
                        log.clockMs()));
    }

    private static ProducerState.Sequenced sequenced(byte[] bytes, int at) {
        return new ProducerState.Sequenced(
                RecordBatch.producerId(bytes, at),
                RecordBatch.producerEpoch(bytes, at),
                RecordBatch.baseSequence(bytes, at),
                records(bytes, at));
    }

    /** Also those that compaction took. */
    private static int records(byte[] bytes, int at) {
        return (int) (RecordBatch.nextOffset(bytes, at) - RecordBatch.baseOffset(bytes, at));
    }

    /** What is below needs no batches to be known after a crash. */
    long savedEnd() {
        return savedEnd;
    }

    /**
     * Whether a crash now would make the next start read much or take for new what came long ago,
     * or retention could be too fast.
     */
    boolean isSnapshotDue() {
        boolean old = savedEnd < toldEnd && log.clockMs() - savedMs >= SNAPSHOT_AGE_MS;
        return old || savedEnd < log.activeBase() || bytesBehind() >= SNAPSHOT_BYTES;
    }

    /**
     * Whether the next start would forget something, or read for longer than a snapshot takes to be
     * saved.
     */
    boolean isBehind() {
        return savedEnd < log.activeBase()
                || savedEnd < toldEnd
                || bytesBehind() >= PartitionLog.SOON_READ_BYTES;
    }

    private long bytesBehind() {
        long size = log.sizeBytes();
        // Also where records before the snapshot were deleted meanwhile.
        savedBytes = Math.min(savedBytes, size);
        return size - savedBytes;
    }

    /** What is known now; by the holder, so that nobody appends meanwhile. */
    ProducerSnapshot snapshot() {
        producers.expire(log.clockMs());
        claims.expire(log.clockMs());
        StringBuilder lines = new StringBuilder();
        producers.appendTo(lines);
        claims.appendTo(lines);
        return new ProducerSnapshot(log.logEnd(), lines.toString());
    }

    synchronized void save(ProducerSnapshot snapshot) {
        if (snapshot.endOffset() < savedEnd) {
            return;
        }
        log.saveProducers(snapshot);
        savedEnd = snapshot.endOffset();
        savedBytes = log.sizeBytes();
        savedMs = log.clockMs();
    }
}
