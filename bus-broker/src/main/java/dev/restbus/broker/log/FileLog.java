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
import java.util.Arrays;
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
public final class FileLog implements PartitionLog, WriteAheadLog.Member {

    /**
     * An end of the log: the offset of a next record and where it stands.
     *
     * @param position in the segment, in bytes
     * @param logBytes of all segments up to here
     */
    record End(long offset, Segment segment, long position, long logBytes) {}

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
    private long recoveryPointWrittenNanos;

    /** So many segments there were when an index could not be written; tried again at a roll. */
    private int indexesFailedAt;

    /** Ascending; the last is the active one. Replaced at a roll, before the first write to it. */
    private volatile Segment[] segments;

    private volatile End written;

    /** Never behind {@link #written}. */
    private volatile End durable;

    /** Everything below is forced in this log's own files; never above the durable end. */
    private volatile long forcedEnd;

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
        this.segments = recovered.segments().toArray(new Segment[0]);
        long bytes = 0;
        for (Segment segment : segments) {
            bytes += segment.sizeBytes();
        }
        Segment active = segments[segments.length - 1];
        this.written = new End(recovered.end(), active, active.sizeBytes(), bytes);
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
            return new FileLog(disk, folder, id, settings, LogRecovery.open(disk, folder, id));
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
        return 0;
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
        return written.logBytes();
    }

    @Override
    public long unforcedBytes() {
        return settings.fsync() == Fsync.NEVER
                ? 0
                : Math.max(0, written.logBytes() - durable.logBytes());
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
                writeThrough(end, segmentFor(totalBytes, end), batches);
            } catch (IOException e) {
                throw failed(e);
            }
            if (settings.fsync() == Fsync.NEVER) {
                durable = written;
            }
            return first;
        }
    }

    private void writeThrough(long end, Segment active, List<Slice> batches) throws IOException {
        write(active, batches);
        long bytes = written.logBytes();
        for (Slice batch : batches) {
            active.grow(RecordBatch.baseOffset(batch.bytes(), batch.at()), batch.length());
            bytes += batch.length();
        }
        written = new End(end, active, active.sizeBytes(), bytes);
    }

    /**
     * Appends batches that this log had at its end and may have lost, as they are. Used before the
     * log is read or written.
     *
     * @return false if there is a gap between the log end and the batches
     */
    boolean restore(Slice batches) {
        synchronized (appendLock) {
            int end = batches.at() + batches.length();
            for (int at = batches.at();
                    at < end;
                    at += RecordBatch.sizeBytes(batches.bytes(), at)) {
                long base = RecordBatch.baseOffset(batches.bytes(), at);
                if (base > logEnd()) {
                    return false;
                }
                if (base == logEnd()) {
                    restoreOne(
                            new Slice(
                                    batches.bytes(),
                                    at,
                                    RecordBatch.sizeBytes(batches.bytes(), at)));
                }
            }
            return true;
        }
    }

    private void restoreOne(Slice batch) {
        long next = RecordBatch.nextOffset(batch.bytes(), batch.at());
        try {
            beginEpoch(RecordBatch.leaderEpoch(batch.bytes(), batch.at()), logEnd());
            writeThrough(next, segmentFor(batch.length(), next), List.of(batch));
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

    private Segment segmentFor(long bytes, long end) throws IOException {
        Segment active = segments[segments.length - 1];
        boolean fits =
                active.sizeBytes() + bytes <= settings.segmentBytes()
                        && end - active.baseOffset() <= Integer.MAX_VALUE;
        return fits || active.sizeBytes() == 0 ? active : roll(active);
    }

    /** The closed segment, its index and the new name are forced by the next force. */
    private Segment roll(Segment active) throws IOException {
        long base = logEnd();
        folderChanged = true;
        Segment next = Segment.create(disk, folder, base, epochs);
        Segment[] more = Arrays.copyOf(segments, segments.length + 1);
        more[more.length - 1] = next;
        active.endAt(base);
        segments = more;
        if (settings.fsync() == Fsync.NEVER) {
            forceClosedSegments(more, base);
        }
        return next;
    }

    /** Without a force for each append, the recovery point moves at a roll. */
    private void forceClosedSegments(Segment[] now, long end) {
        synchronized (forceLock) {
            try {
                forceSegments(now, end, recoveryPoint.offset());
                forceNames();
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
        if (offset < logStart() || offset > endOffset) {
            throw ProblemCode.OFFSET_OUT_OF_RANGE
                    .problem(
                            "offset "
                                    + offset
                                    + " is not within "
                                    + logStart()
                                    + " to "
                                    + endOffset)
                    .with("logStart", logStart())
                    .with("logEnd", endOffset)
                    .asException();
        }
        if (endOffset > logEnd()) {
            throw new IllegalArgumentException(endOffset + " is beyond the log end " + logEnd());
        }
        if (offset == endOffset) {
            return LogSlice.EMPTY;
        }
        Segment segment = holding(offset);
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

    private Segment holding(long offset) {
        Segment[] now = segments;
        int low = 0;
        int high = now.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (now[middle].baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return now[low];
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
        Segment[] now = segments;
        forceSegments(now, end.offset(), forcedEnd);
        forceNames();
        durable = end;
        ownFilesForced(now, end.offset());
    }

    private void ownFilesForced(Segment[] now, long end) throws IOException {
        forcedEnd = Math.max(forcedEnd, end);
        writeIndexes(now, end);
        boolean rolled = recoveryPoint.offset() < now[now.length - 1].baseOffset();
        long sinceNanos = settings.nanoTime().getAsLong() - recoveryPointWrittenNanos;
        if (rolled || sinceNanos >= settings.recoveryPointIntervalMs() * NANOS_PER_MS) {
            writeRecoveryPoint(forcedEnd);
        }
    }

    /** Makes the names of new files durable. */
    private void forceNames() throws IOException {
        if (folderChanged) {
            folderChanged = false;
            disk.forceFolder(folder);
        }
    }

    /** Forces what lies between two offsets, in order. */
    private static void forceSegments(Segment[] now, long end, long alreadyForced)
            throws IOException {
        for (Segment segment : now) {
            if (segment.endOffset() > alreadyForced && segment.baseOffset() < end) {
                segment.force();
            }
        }
    }

    /** Only what is within the segment of the durable end, whose name is durable too. */
    @Override
    public WriteAheadLog.@Nullable Tail copyTail(byte[] into, int at) {
        End from = durable;
        End to = written;
        long length = to.position() - from.position();
        boolean sameFile = to.segment() == from.segment() && !folderChanged;
        if (fence != null || closed || !sameFile || length > into.length - at) {
            return null;
        }
        try {
            int read = from.segment().readRaw(from.position(), into, at, (int) length);
            return read == length ? new WriteAheadLog.Tail(to, read) : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public void durableThrough(WriteAheadLog.Tail tail) {
        synchronized (forceLock) {
            if (tail.end().offset() > durable.offset()) {
                durable = tail.end();
            }
        }
    }

    /** Others may append and be told of what is durable while the disk works. */
    @Override
    public void checkpoint() throws IOException {
        long end = durable.offset();
        Segment[] now = segments;
        try {
            if (forcedEnd < end && !closed) {
                requireUnfenced();
                forceSegments(now, end, forcedEnd);
            }
            synchronized (forceLock) {
                if (!closed) {
                    ownFilesForced(now, end);
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw fence(e, Outcome.UNKNOWN);
            }
        }
        if (forcedEnd < end) {
            throw new IOException("the log of " + id + " stopped before it was forced");
        }
    }

    @Override
    public boolean isCheckpointed() {
        return forcedEnd >= durable.offset();
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
            indexesFailedAt = segments.length;
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
        long end = logEnd();
        forceSegments(segments, end, recoveryPoint.offset());
        forceNames();
        durable = written;
        forcedEnd = end;
        if (recoveryPoint.offset() != end) {
            writeRecoveryPoint(end);
        }
        for (Segment segment : segments) {
            if (segment.hasUnwrittenIndex()) {
                writeIndex(segment, Math.min(end, segment.endOffset()));
            }
        }
    }

    private void closeFiles() {
        try {
            LogRecovery.closeAll(recoveryPoint, List.of(segments));
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
