package dev.restbus.broker.log;

import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.util.List;

/**
 * Writes at the end of a log: places batches, begins epochs, rolls segments, and takes back what
 * was written of an append that failed. Thread-safe; its lock is taken before that of {@link
 * LogForce} where both are.
 */
final class LogAppender {

    private final LogParts parts;
    private final LeaderEpochs epochs;
    private final Segments segments;
    private final LogState state;
    private final LogEnds ends;
    private final LogFence fence;
    private final LogForce forced;
    private final Fsync fsync;
    private volatile LogSettings settings;

    LogAppender(LogParts parts, LogSettings settings) {
        this.parts = parts;
        this.epochs = parts.epochs();
        this.segments = parts.segments();
        this.state = parts.state();
        this.ends = parts.ends();
        this.fence = parts.fence();
        this.forced = parts.forced();
        this.fsync = settings.fsync();
        this.settings = settings;
    }

    LogSettings settings() {
        return settings;
    }

    /** From the next append on; the fsync policy stays. */
    void configure(LogSettings newSettings) {
        settings = newSettings;
    }

    /** As {@link PartitionLog#append}. */
    synchronized long append(List<Slice> batches, int leaderEpoch) {
        fence.requireUsable();
        long totalBytes = requireTakable(batches);
        long first = ends.written().offset();
        long end = place(batches, first, leaderEpoch);
        try {
            beginEpoch(leaderEpoch, first);
            writeThrough(end, totalBytes, batches);
        } catch (IOException e) {
            throw fence.failed(e);
        }
        if (fsync == Fsync.NEVER) {
            ends.durableThrough(ends.written());
        }
        return first;
    }

    private void writeThrough(long end, long totalBytes, List<Slice> batches) throws IOException {
        long nowMs = state.clockMs();
        Segment active = segmentFor(totalBytes, end, nowMs);
        write(active, batches);
        for (Slice batch : batches) {
            active.grow(batch);
        }
        active.appendedAt(nowMs);
        ends.wrote(end, active, totalBytes);
    }

    /**
     * Appends batches that this log had at its end and may have lost, as they are. Used before the
     * log is read or written.
     *
     * @return false if there is a gap between the log end and the batches
     */
    synchronized boolean restore(Slice batches) {
        byte[] bytes = batches.bytes();
        int end = batches.at() + batches.length();
        for (int at = batches.at(); at < end; at += RecordBatch.sizeBytes(bytes, at)) {
            long base = RecordBatch.baseOffset(bytes, at);
            if (base > ends.written().offset()) {
                return false;
            }
            if (base == ends.written().offset()) {
                restoreOne(new Slice(bytes, at, RecordBatch.sizeBytes(bytes, at)));
            }
        }
        return true;
    }

    private void restoreOne(Slice batch) {
        long next = RecordBatch.nextOffset(batch.bytes(), batch.at());
        try {
            beginEpoch(RecordBatch.leaderEpoch(batch.bytes(), batch.at()), ends.written().offset());
            writeThrough(next, batch.length(), List.of(batch));
        } catch (IOException e) {
            throw fence.failed(e);
        }
    }

    private long requireTakable(List<Slice> batches) {
        long totalBytes = 0;
        for (Slice batch : batches) {
            if (batch.length() > settings.maxBatchBytes()) {
                throw ProblemCode.RECORD_TOO_LARGE
                        .problem(
                                "a batch of "
                                        + batch.length()
                                        + " bytes is larger than the "
                                        + settings.maxBatchBytes()
                                        + " allowed")
                        .with("limitBytes", settings.maxBatchBytes())
                        .asException();
            }
            if (batch.length() < RecordBatch.HEADER_BYTES
                    || RecordBatch.sizeBytes(batch.bytes(), batch.at()) != batch.length()) {
                throw new IllegalArgumentException("not one whole batch");
            }
            totalBytes += batch.length();
        }
        if (totalBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(totalBytes + " bytes in one append");
        }
        return totalBytes;
    }

    /** Gives the batches their offsets and epoch; returns the offset behind the last. */
    private static long place(List<Slice> batches, long first, int leaderEpoch) {
        long next = first;
        for (Slice batch : batches) {
            RecordBatch.place(batch.bytes(), batch.at(), next, leaderEpoch);
            long behind = RecordBatch.nextOffset(batch.bytes(), batch.at());
            if (behind <= next) {
                throw new IllegalArgumentException("a batch without a record");
            }
            next = behind;
        }
        return next;
    }

    private void beginEpoch(int leaderEpoch, long start) throws IOException {
        int last = epochs.last();
        if (leaderEpoch < last) {
            throw new IllegalArgumentException("epoch " + leaderEpoch + " after epoch " + last);
        }
        if (leaderEpoch > last || epochs.size() == 0) {
            epochs.begin(leaderEpoch, start);
        }
    }

    private Segment segmentFor(long bytes, long end, long nowMs) throws IOException {
        Segment active = segments.active();
        boolean fits =
                active.sizeBytes() + bytes <= settings.segmentBytes()
                        && end - active.baseOffset() <= Integer.MAX_VALUE
                        && nowMs - active.firstAppendMs() < settings.retention().segmentMs();
        return fits || active.sizeBytes() == 0 ? active : roll(active);
    }

    /** The closed segment, its index and the new name are forced by the next force. */
    private Segment roll(Segment active) throws IOException {
        long base = ends.written().offset();
        forced.folderChanges();
        Segment next = Segment.create(parts.disk(), parts.folder(), base, epochs);
        active.endAt(base);
        segments.add(next);
        if (fsync == Fsync.NEVER) {
            forceClosedSegments(base);
        }
        return next;
    }

    /** Without a force for each append, the recovery point moves at a roll. */
    private void forceClosedSegments(long end) {
        synchronized (forced) {
            try {
                forced.moveRecoveryPoint(end, end);
                forced.writeIndexes(end);
            } catch (IOException e) {
                throw fence.stop(e, Outcome.NONE);
            }
        }
    }

    /** Writes all or nothing. */
    private void write(Segment active, List<Slice> batches) throws IOException {
        boolean written = false;
        try {
            active.write(batches);
            written = true;
        } finally {
            if (!written) {
                takeBack(active);
            }
        }
    }

    private void takeBack(Segment active) {
        try {
            active.cutBehindEnd();
        } catch (IOException e) {
            throw fence.stop(e, Outcome.UNKNOWN);
        }
    }

    /** So that what is too old can be deleted although nobody appends any more. */
    synchronized void rollIfOld(Retention retention, long nowMs) {
        fence.requireUsable();
        Segment active = segments.active();
        if (active.sizeBytes() > 0 && retention.isDueToRoll(active, nowMs)) {
            try {
                roll(active);
            } catch (IOException e) {
                throw fence.failed(e);
            }
        }
    }
}
