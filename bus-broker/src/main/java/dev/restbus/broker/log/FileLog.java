package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A partition log in files of a folder: rolling segments in Kafka's format, a sparse offset index
 * beside each, the leader epochs and the recovery point.
 *
 * <p>{@code durableEnd <= logEnd}; both only grow. Everything below the recovery point on disk is
 * forced. The first error of the disk, other than that it is full, fences the log for ever: after a
 * failed force nobody knows what is on the disk, and a second one may report success all the same.
 */
public final class FileLog implements PartitionLog {

    private static final System.Logger LOG = System.getLogger(FileLog.class.getName());
    private static final long DISK_FULL_RETRY_MS = 5_000;

    private final Disk disk;
    private final Path folder;
    private final LogId id;
    private final Fsync fsync;
    private final LeaderEpochs epochs;
    private final Segments segments;
    private final LogState state;
    private final RecoveryPoint recoveryPoint;
    private final LogForce forced;
    private final LogReader reader;
    private final LogUpkeep upkeep;

    /** Held to append, to roll and to close; taken before {@link #forceLock} where both are. */
    private final Object appendLock = new Object();

    /** Held to force, to write what is known of the log, and to take segments out. */
    private final Object forceLock = new Object();

    private volatile LogSettings settings;
    private volatile long logEnd;
    private volatile long durableEnd;

    /** Since the log was opened. */
    private volatile long writtenBytes;

    /** Of those. */
    private volatile long forcedBytes;

    private volatile @Nullable BusException fence;
    private volatile boolean closed;

    private FileLog(
            Disk disk,
            Path folder,
            LogId id,
            LogSettings settings,
            LogRecovery.Recovered recovered) {
        this.disk = disk;
        this.folder = folder;
        this.id = id;
        this.settings = settings;
        this.fsync = settings.fsync();
        this.epochs = recovered.epochs();
        this.recoveryPoint = recovered.recoveryPoint();
        this.state = recovered.state();
        this.segments = new Segments(recovered.segments());
        this.forced = new LogForce(disk, folder, segments, recoveryPoint, settings);
        this.reader = new LogReader(id, segments, state);
        this.upkeep = new LogUpkeep(this, disk, folder, forced, forceLock);
        this.logEnd = recovered.end();
        this.durableEnd = recovered.end();
    }

    /**
     * Opens the log in a folder of its own, after recovery, or creates it.
     *
     * @throws UncheckedIOException if the disk fails
     * @throws IllegalStateException if the folder holds another log
     */
    public static FileLog open(Disk disk, Path folder, LogId id, LogSettings settings) {
        try {
            return new FileLog(
                    disk,
                    folder,
                    id,
                    settings,
                    LogRecovery.open(disk, folder, id, settings.nanoTime()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open the log in " + folder, e);
        }
    }

    public LogId id() {
        return id;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public long logStart() {
        return state.start();
    }

    @Override
    public long logEnd() {
        return logEnd;
    }

    @Override
    public long durableEnd() {
        return durableEnd;
    }

    @Override
    public long sizeBytes() {
        return segments.sizeBytes();
    }

    @Override
    public long unforcedBytes() {
        return fsync == Fsync.NEVER ? 0 : Math.max(0, writtenBytes - forcedBytes);
    }

    @Override
    public int lastEpoch() {
        long end = logEnd;
        return end == 0 ? 0 : epochs.at(end - 1);
    }

    @Override
    public long append(List<Slice> batches, int leaderEpoch) {
        synchronized (appendLock) {
            requireUsable();
            long totalBytes = requireTakable(batches);
            long first = logEnd;
            long end = place(batches, first, leaderEpoch);
            long nowMs = state.clockMs();
            try {
                beginEpoch(leaderEpoch, first);
                Segment active = segmentFor(totalBytes, end, nowMs);
                write(active, batches);
                for (Slice batch : batches) {
                    active.grow(batch);
                }
                active.appendedAt(nowMs);
            } catch (IOException e) {
                throw failed(e);
            }
            writtenBytes += totalBytes;
            logEnd = end;
            if (fsync == Fsync.NEVER) {
                durableEnd = end;
            }
            return first;
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
        long base = logEnd;
        forced.folderChanges();
        Segment next = Segment.create(disk, folder, base, epochs);
        active.endAt(base);
        segments.add(next);
        if (fsync == Fsync.NEVER) {
            forceClosedSegments(base);
        }
        return next;
    }

    /** Without a force for each append, the recovery point moves at a roll. */
    private void forceClosedSegments(long end) {
        synchronized (forceLock) {
            try {
                forced.moveRecoveryPoint(end, end);
                forced.writeIndexes(end);
            } catch (IOException e) {
                throw fence(e, Outcome.NONE);
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
            throw fence(e, Outcome.UNKNOWN);
        }
    }

    @Override
    public LogSlice read(long offset, int maxBytes, long endOffset) {
        if (endOffset > logEnd) {
            throw new IllegalArgumentException(endOffset + " is beyond the log end " + logEnd);
        }
        return reader.read(offset, maxBytes, endOffset);
    }

    @Override
    public long firstAt(long timestampMs, long endOffset) {
        return reader.firstAt(timestampMs, endOffset);
    }

    @Override
    public long startAt(long offset) {
        return upkeep.startAt(offset);
    }

    @Override
    public void configure(LogSettings newSettings) {
        settings = newSettings;
    }

    @Override
    public void keep(long highWatermark) {
        Retention retention = settings.retention();
        long nowMs = state.clockMs();
        rollIfOld(retention, nowMs);
        upkeep.keep(retention, nowMs, highWatermark);
    }

    @Override
    public boolean clean(long highWatermark, BooleanSupplier stop) {
        LogSettings now = settings;
        return now.retention().isCompacted() && upkeep.clean(now, highWatermark, stop);
    }

    LogCleaner cleaner() {
        return upkeep.cleaner();
    }

    Segments segments() {
        return segments;
    }

    LogState state() {
        return state;
    }

    LeaderEpochs epochs() {
        return epochs;
    }

    /** So that what is too old can be deleted although nobody appends any more. */
    private void rollIfOld(Retention retention, long nowMs) {
        synchronized (appendLock) {
            requireUsable();
            Segment active = segments.active();
            if (active.sizeBytes() > 0 && retention.isDueToRoll(active, nowMs)) {
                try {
                    roll(active);
                } catch (IOException e) {
                    throw failed(e);
                }
            }
        }
    }

    @Override
    public long force() {
        synchronized (forceLock) {
            requireUnfenced();
            if (durableEnd < logEnd) {
                try {
                    forceWritten();
                } catch (IOException e) {
                    throw fence(e, Outcome.UNKNOWN);
                }
            }
            return durableEnd;
        }
    }

    /** The order of the reads counts: what was written before them is in the files by now. */
    private void forceWritten() throws IOException {
        long end = logEnd;
        long bytes = writtenBytes;
        forced.force(durableEnd, end);
        forcedBytes = bytes;
        durableEnd = end;
        forced.follow(end);
    }

    @Override
    public void close() {
        synchronized (appendLock) {
            synchronized (forceLock) {
                if (closed) {
                    return;
                }
                try {
                    if (fence == null) {
                        settle();
                    }
                } catch (IOException e) {
                    throw fence(e, Outcome.UNKNOWN);
                } finally {
                    closed = true;
                    reader.close();
                    closeFiles();
                }
            }
        }
    }

    private void settle() throws IOException {
        long end = logEnd;
        forced.settle(end);
        durableEnd = end;
        forcedBytes = writtenBytes;
        if (state.isWorthSaving(segments.active())) {
            upkeep.saveState();
        }
    }

    private void closeFiles() {
        try {
            LogRecovery.closeAll(recoveryPoint, List.of(segments.all()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot close the files of " + id, e);
        }
    }

    private void requireUnfenced() {
        BusException fenced = fence;
        if (fenced != null) {
            throw fenced;
        }
    }

    void requireUsable() {
        requireUnfenced();
        if (closed) {
            throw ProblemCode.SHUTTING_DOWN.exception("the log of " + id + " is closed");
        }
    }

    /** What an append answers after the disk failed, with nothing of it in the log. */
    BusException failed(IOException e) {
        if (!Disk.isFull(e)) {
            return fence(e, Outcome.NONE);
        }
        return ProblemCode.DISK_FULL
                .problem("the disk of this broker is full; nothing was stored")
                .withRetryAfterMs(DISK_FULL_RETRY_MS)
                .asException();
    }

    /** Stops this log for ever; the same answer for every later call. */
    BusException fence(IOException cause, Outcome outcome) {
        LOG.log(System.Logger.Level.ERROR, "the log of " + id + " stops after a disk error", cause);
        String detail = "the log of " + id + " stopped after a disk error: " + cause.getMessage();
        if (fence == null) {
            fence = ProblemCode.REPLICA_FENCED.exception(detail);
        }
        return Problem.of(ProblemCode.REPLICA_FENCED, detail).withOutcome(outcome).asException();
    }
}
