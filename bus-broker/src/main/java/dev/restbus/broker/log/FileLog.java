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
    private static final long NANOS_PER_MS = 1_000_000;
    private static final long DISK_FULL_RETRY_MS = 5_000;

    private final Disk disk;
    private final Path folder;
    private final LogId id;
    private final LogSettings settings;
    private final LeaderEpochs epochs;

    /** Held to append, to roll and to close; taken before {@link #forceLock} where both are. */
    private final Object appendLock = new Object();

    /** Held to force and to write the recovery point. */
    private final Object forceLock = new Object();

    private final RecoveryPoint recoveryPoint;
    private final LogState state;
    private long recoveryPointWrittenNanos;

    /** So many segments there were when an index could not be written; tried again at a roll. */
    private int indexesFailedAt;

    private final Segments segments;

    private volatile long logEnd;
    private volatile long durableEnd;

    /** Since the log was opened. */
    private volatile long writtenBytes;

    /** Of those. */
    private volatile long forcedBytes;

    /** Whether a file was created whose name is not durable yet. */
    private volatile boolean folderChanged;

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
        this.epochs = recovered.epochs();
        this.recoveryPoint = recovered.recoveryPoint();
        this.recoveryPointWrittenNanos = settings.nanoTime().getAsLong();
        this.state = recovered.state();
        this.segments = new Segments(recovered.segments());
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
            return new FileLog(disk, folder, id, settings, LogRecovery.open(disk, folder, id));
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
        return settings.fsync() == Fsync.NEVER ? 0 : Math.max(0, writtenBytes - forcedBytes);
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
            try {
                beginEpoch(leaderEpoch, first);
                Segment active = segmentFor(totalBytes, end);
                write(active, batches);
                for (Slice batch : batches) {
                    active.grow(RecordBatch.baseOffset(batch.bytes(), batch.at()), batch.length());
                }
            } catch (IOException e) {
                throw failed(e);
            }
            writtenBytes += totalBytes;
            logEnd = end;
            if (settings.fsync() == Fsync.NEVER) {
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

    private Segment segmentFor(long bytes, long end) throws IOException {
        Segment active = segments.active();
        boolean fits =
                active.sizeBytes() + bytes <= settings.segmentBytes()
                        && end - active.baseOffset() <= Integer.MAX_VALUE;
        return fits || active.sizeBytes() == 0 ? active : roll(active);
    }

    /** The closed segment, its index and the new name are forced by the next force. */
    private Segment roll(Segment active) throws IOException {
        long base = logEnd;
        folderChanged = true;
        Segment next = Segment.create(disk, folder, base, epochs);
        active.endAt(base);
        segments.add(next);
        if (settings.fsync() == Fsync.NEVER) {
            forceClosedSegments(base);
        }
        return next;
    }

    /** Without a force for each append, the recovery point moves at a roll. */
    private void forceClosedSegments(long end) {
        synchronized (forceLock) {
            try {
                Segment[] now = segments.all();
                forceSegments(now, end, recoveryPoint.offset());
                writeRecoveryPoint(end);
                writeIndexes(now, end);
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
        while (true) {
            requireWithin(offset, endOffset);
            if (offset == endOffset) {
                return LogSlice.EMPTY;
            }
            Segment segment = segments.holding(offset);
            try {
                return read(segment, offset, maxBytes, endOffset);
            } catch (BusException e) {
                if (segments.holding(offset) == segment && offset >= logStart()) {
                    throw e;
                }
            }
        }
    }

    private void requireWithin(long offset, long endOffset) {
        long start = logStart();
        if (offset < start || offset > endOffset) {
            throw ProblemCode.OFFSET_OUT_OF_RANGE
                    .problem("offset " + offset + " is not within " + start + " to " + endOffset)
                    .with("logStart", start)
                    .with("logEnd", endOffset)
                    .asException();
        }
    }

    /** A segment that was deleted meanwhile fails as a damaged one does. */
    private LogSlice read(Segment segment, long offset, int maxBytes, long endOffset) {
        if (offset < segment.baseOffset()) {
            throw Segment.damaged(offset, "no segment holds it");
        }
        try {
            return segment.read(offset, maxBytes, Math.min(endOffset, segment.endOffset()));
        } catch (IOException e) {
            if (closed) {
                throw ProblemCode.SHUTTING_DOWN.exception("the log of " + id + " is closed");
            }
            LOG.log(System.Logger.Level.WARNING, "cannot read offset " + offset + " of " + id, e);
            throw Segment.damaged(offset, "it cannot be read from the disk");
        }
    }

    @Override
    public long startAt(long offset) {
        List<Segment> below;
        synchronized (forceLock) {
            requireUsable();
            if (offset > durableEnd) {
                throw new IllegalArgumentException(offset + " is beyond " + durableEnd);
            }
            try {
                if (offset > state.start()) {
                    moveStart(offset);
                }
            } catch (IOException e) {
                throw failed(e);
            }
            below = takeBelowStart();
        }
        delete(below);
        return state.start();
    }

    /** The recovery point is never below the start: what is gone was once forced. */
    private void moveStart(long offset) throws IOException {
        if (recoveryPoint.offset() < offset) {
            long end = durableEnd;
            forceSegments(segments.all(), end, recoveryPoint.offset());
            writeRecoveryPoint(end);
        }
        state.startAt(offset);
    }

    /** Closed before their files are deleted, so that no reader opens them again. */
    private List<Segment> takeBelowStart() {
        List<Segment> below = segments.takeBelow(state.start());
        for (Segment segment : below) {
            try {
                segment.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "cannot close a segment of " + id, e);
            }
        }
        return below;
    }

    /** What cannot be deleted now, recovery deletes, as it is below the start. */
    private void delete(List<Segment> below) {
        for (Segment segment : below) {
            try {
                LogFiles.deleteSegment(disk, folder, segment.baseOffset());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "cannot delete a segment of " + id, e);
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
        Segment[] now = segments.all();
        forceSegments(now, end, durableEnd);
        forcedBytes = bytes;
        durableEnd = end;
        writeIndexes(now, end);
        boolean rolled = recoveryPoint.offset() < now[now.length - 1].baseOffset();
        long sinceNanos = settings.nanoTime().getAsLong() - recoveryPointWrittenNanos;
        if (rolled || sinceNanos >= settings.recoveryPointIntervalMs() * NANOS_PER_MS) {
            writeRecoveryPoint(end);
        }
    }

    /** Forces what lies between two offsets, in order, and the names of new files. */
    private void forceSegments(Segment[] now, long end, long alreadyForced) throws IOException {
        for (Segment segment : now) {
            if (segment.endOffset() > alreadyForced && segment.baseOffset() < end) {
                segment.force();
            }
        }
        if (folderChanged) {
            folderChanged = false;
            disk.forceFolder(folder);
        }
    }

    private void writeIndexes(Segment[] now, long end) {
        if (now.length == indexesFailedAt) {
            return;
        }
        for (Segment segment : now) {
            if (segment.endOffset() <= end && segment.hasUnwrittenIndex()) {
                writeIndex(segment, segment.endOffset());
            }
        }
    }

    /** An index can be rebuilt: that it cannot be written stops nothing. */
    private void writeIndex(Segment segment, long nextOffset) {
        try {
            segment.writeIndex(nextOffset);
        } catch (IOException e) {
            indexesFailedAt = segments.all().length;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "cannot write the index of segment " + segment.baseOffset() + " of " + id,
                    e);
        }
    }

    private void writeRecoveryPoint(long offset) throws IOException {
        recoveryPoint.write(offset);
        recoveryPointWrittenNanos = settings.nanoTime().getAsLong();
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
                    closeFiles();
                }
            }
        }
    }

    /** Leaves the folder so that the next open has nothing to scan. */
    private void settle() throws IOException {
        long end = logEnd;
        forceSegments(segments.all(), end, recoveryPoint.offset());
        durableEnd = end;
        forcedBytes = writtenBytes;
        if (recoveryPoint.offset() != end) {
            writeRecoveryPoint(end);
        }
        for (Segment segment : segments.all()) {
            if (segment.hasUnwrittenIndex()) {
                writeIndex(segment, Math.min(end, segment.endOffset()));
            }
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

    private void requireUsable() {
        requireUnfenced();
        if (closed) {
            throw ProblemCode.SHUTTING_DOWN.exception("the log of " + id + " is closed");
        }
    }

    /** What an append answers after the disk failed, with nothing of it in the log. */
    private BusException failed(IOException e) {
        if (!Disk.isFull(e)) {
            return fence(e, Outcome.NONE);
        }
        return ProblemCode.DISK_FULL
                .problem("the disk of this broker is full; nothing was stored")
                .withRetryAfterMs(DISK_FULL_RETRY_MS)
                .asException();
    }

    /** Stops this log for ever; the same answer for every later call. */
    private BusException fence(IOException cause, Outcome outcome) {
        LOG.log(System.Logger.Level.ERROR, "the log of " + id + " stops after a disk error", cause);
        String detail = "the log of " + id + " stopped after a disk error: " + cause.getMessage();
        if (fence == null) {
            fence = ProblemCode.REPLICA_FENCED.exception(detail);
        }
        return Problem.of(ProblemCode.REPLICA_FENCED, detail).withOutcome(outcome).asException();
    }
}
