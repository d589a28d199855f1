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
public final class FileLog implements PartitionLog, WriteAheadLog.Member {

    /**
     * An end of the log: the offset of a next record and where it stands.
     *
     * @param position in the segment, in bytes
     * @param bytes appended up to here since the log was opened
     */
    record End(long offset, Segment segment, long position, long bytes) {}

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

    /** Held for a moment to move the durable end, while others may hold the lock that forces. */
    private final Object endLock = new Object();

    private volatile LogSettings settings;
    private volatile End written;

    /** Never behind {@link #written}; moved forward by {@link #durableThrough(End)}. */
    private volatile End durable;

    /** Everything below is forced in this log's own files; never above the durable end. */
    private volatile long forcedEnd;

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
        Segment active = segments.active();
        this.written = new End(recovered.end(), active, active.sizeBytes(), 0);
        this.durable = written;
        this.forcedEnd = recovered.end();
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

    @Override
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
        return written.offset();
    }

    @Override
    public long durableEnd() {
        return durable.offset();
    }

    @Override
    public long sizeBytes() {
        return segments.sizeBytes();
    }

    @Override
    public long unforcedBytes() {
        return fsync == Fsync.NEVER ? 0 : Math.max(0, written.bytes() - durable.bytes());
    }

    @Override
    public int lastEpoch() {
        long end = logEnd();
        return end == 0 ? 0 : epochs.at(end - 1);
    }

    @Override
    public long append(List<Slice> batches, int leaderEpoch) {
        synchronized (appendLock) {
            requireUsable();
            long totalBytes = requireTakable(batches);
            long first = logEnd();
            long end = place(batches, first, leaderEpoch);
            try {
                beginEpoch(leaderEpoch, first);
                writeThrough(end, totalBytes, batches);
            } catch (IOException e) {
                throw failed(e);
            }
            if (fsync == Fsync.NEVER) {
                durableThrough(written);
            }
            return first;
        }
    }

    private void writeThrough(long end, long totalBytes, List<Slice> batches) throws IOException {
        long nowMs = state.clockMs();
        Segment active = segmentFor(totalBytes, end, nowMs);
        write(active, batches);
        for (Slice batch : batches) {
            active.grow(batch);
        }
        active.appendedAt(nowMs);
        written = new End(end, active, active.sizeBytes(), written.bytes() + totalBytes);
    }

    /**
     * Appends batches that this log had at its end and may have lost, as they are. Used before the
     * log is read or written.
     *
     * @return false if there is a gap between the log end and the batches
     */
    boolean restore(Slice batches) {
        synchronized (appendLock) {
            byte[] bytes = batches.bytes();
            int end = batches.at() + batches.length();
            for (int at = batches.at(); at < end; at += RecordBatch.sizeBytes(bytes, at)) {
                long base = RecordBatch.baseOffset(bytes, at);
                if (base > logEnd()) {
                    return false;
                }
                if (base == logEnd()) {
                    restoreOne(new Slice(bytes, at, RecordBatch.sizeBytes(bytes, at)));
                }
            }
            return true;
        }
    }

    private void restoreOne(Slice batch) {
        long next = RecordBatch.nextOffset(batch.bytes(), batch.at());
        try {
            beginEpoch(RecordBatch.leaderEpoch(batch.bytes(), batch.at()), logEnd());
            writeThrough(next, batch.length(), List.of(batch));
        } catch (IOException e) {
            throw failed(e);
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
        long base = logEnd();
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
        if (endOffset > logEnd()) {
            throw new IllegalArgumentException(endOffset + " is beyond the log end " + logEnd());
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
        letRecoveryPointCatchUp();
        upkeep.keep(retention, nowMs, highWatermark);
    }

    @Override
    public boolean clean(long highWatermark, BooleanSupplier stop) {
        LogSettings now = settings;
        return now.retention().isCompacted() && upkeep.clean(now, highWatermark, stop);
    }

    @Override
    public @Nullable ProducerSnapshot producers() {
        try {
            ProducerSnapshot saved = ProducerSnapshot.read(disk, folder);
            if (saved != null && saved.endOffset() <= logEnd()) {
                return saved;
            }
            Path useless = folder.resolve(LogFiles.PRODUCERS);
            if (disk.exists(useless)) {
                // Never to be taken for that of the records which come in the place of its own.
                disk.delete(useless);
                disk.forceFolder(folder);
            }
            return null;
        } catch (IOException e) {
            throw fence(e, Outcome.NONE);
        }
    }

    @Override
    public void saveProducers(ProducerSnapshot snapshot) {
        if (force() < snapshot.endOffset()) {
            throw new IllegalArgumentException(snapshot.endOffset() + " is beyond the log end");
        }
        synchronized (forceLock) {
            requireUsable();
            try {
                snapshot.write(disk, folder);
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }

    @Override
    public long activeBase() {
        return segments.active().baseOffset();
    }

    @Override
    public long clockMs() {
        return state.clockMs();
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

    /** Nobody may force again for long, and damage above it looks like the tail of a crash. */
    private void letRecoveryPointCatchUp() {
        synchronized (forceLock) {
            requireUsable();
            try {
                forced.follow(forcedEnd);
            } catch (IOException e) {
                throw fence(e, Outcome.NONE);
            }
        }
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
            if (durable.offset() < logEnd()) {
                try {
                    forceWritten();
                } catch (IOException e) {
                    throw fence(e, Outcome.UNKNOWN);
                }
            }
            return durable.offset();
        }
    }

    /** The order of the reads counts: what was written before them is in the files by now. */
    private void forceWritten() throws IOException {
        End end = written;
        forceOwnFiles(end.offset());
        durableThrough(end);
        forced.follow(forcedEnd);
    }

    private void forceOwnFiles(long end) throws IOException {
        forced.force(forcedEnd, end);
        forcedEnd = Math.max(forcedEnd, end);
    }

    private void durableThrough(End end) {
        synchronized (endLock) {
            if (end.offset() > durable.offset()) {
                durable = end;
            }
        }
    }

    /** Only what is within the segment of the durable end, whose name is durable too. */
    @Override
    public WriteAheadLog.@Nullable Tail copyTail(byte[] into, int at) {
        End from = durable;
        End to = written;
        long length = to.position() - from.position();
        boolean sameFile = to.segment() == from.segment() && !forced.isFolderChanged();
        if (fence != null || closed || !sameFile || length > into.length - at) {
            return null;
        }
        try {
            int read = from.segment().readRaw(from.position(), into, at, (int) length);
            return read == length ? new WriteAheadLog.Tail(to, read) : null;
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot read the end of " + id + " again", e);
            return null;
        }
    }

    @Override
    public void durableThrough(WriteAheadLog.Tail tail) {
        durableThrough(tail.end());
    }

    @Override
    public boolean checkpoint() {
        synchronized (forceLock) {
            if (closed || fence != null || isCheckpointed()) {
                return isCheckpointed();
            }
            try {
                forceOwnFiles(durable.offset());
                // What the write-ahead log forgets is never again taken for the tail of a crash.
                forced.checkpoint(forcedEnd);
                return true;
            } catch (IOException e) {
                throw fence(e, Outcome.UNKNOWN);
            }
        }
    }

    @Override
    public boolean isCheckpointed() {
        return forcedEnd >= durable.offset();
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
        End end = written;
        forced.settle(end.offset());
        forcedEnd = end.offset();
        durableThrough(end);
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
        return diskFull();
    }

    /** 507: nothing of an append was stored. */
    public static BusException diskFull() {
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
