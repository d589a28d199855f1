package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
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

    private static final System.Logger LOG = System.getLogger(FileLog.class.getName());

    private final Disk disk;
    private final Path folder;
    private final LogId id;
    private final Fsync fsync;
    private final LeaderEpochs epochs;
    private final Segments segments;
    private final LogState state;
    private final RecoveryPoint recoveryPoint;
    private final LogEnds ends;
    private final LogFence fence;
    private final LogForce forced;
    private final LogAppender appender;
    private final LogReader reader;
    private final LogUpkeep upkeep;

    /** Set before it is closed, where nothing of it will be needed any more. */
    private volatile boolean discarded;

    private FileLog(
            Disk disk,
            Path folder,
            LogId id,
            LogSettings settings,
            LogRecovery.Recovered recovered) {
        this.disk = disk;
        this.folder = folder;
        this.id = id;
        this.fsync = settings.fsync();
        this.epochs = recovered.epochs();
        this.recoveryPoint = recovered.recoveryPoint();
        this.state = recovered.state();
        this.segments = new Segments(recovered.segments());
        this.ends = new LogEnds(recovered.end(), segments.active());
        this.fence = new LogFence(id);
        this.forced =
                new LogForce(disk, folder, segments, recoveryPoint, recovered.end(), settings);
        LogParts parts = new LogParts(disk, folder, epochs, segments, state, ends, fence, forced);
        this.appender = new LogAppender(parts, settings);
        this.reader = new LogReader(id, segments, state);
        this.upkeep = new LogUpkeep(parts);
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
        return fence.isClosed();
    }

    @Override
    public long logStart() {
        return state.start();
    }

    @Override
    public long logEnd() {
        return ends.written().offset();
    }

    @Override
    public long durableEnd() {
        return ends.durable().offset();
    }

    @Override
    public long sizeBytes() {
        return segments.sizeBytes();
    }

    @Override
    public long unforcedBytes() {
        return fsync == Fsync.NEVER ? 0 : ends.behindBytes();
    }

    @Override
    public int lastEpoch() {
        long end = logEnd();
        return end == 0 ? 0 : epochs.at(end - 1);
    }

    @Override
    public long append(List<Slice> batches, int leaderEpoch) {
        return appender.append(batches, leaderEpoch);
    }

    /** As {@link LogAppender#restore}. */
    boolean restore(Slice batches) {
        return appender.restore(batches);
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
        appender.configure(newSettings);
    }

    @Override
    public void keep(long highWatermark) {
        Retention retention = appender.settings().retention();
        long nowMs = state.clockMs();
        appender.rollIfOld(retention, nowMs);
        letRecoveryPointCatchUp();
        upkeep.keep(retention, nowMs, highWatermark);
    }

    @Override
    public boolean clean(long highWatermark, BooleanSupplier stop) {
        LogSettings now = appender.settings();
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
            throw fence.stop(e, Outcome.NONE);
        }
    }

    @Override
    public void saveProducers(ProducerSnapshot snapshot) {
        if (force() < snapshot.endOffset()) {
            throw new IllegalArgumentException(snapshot.endOffset() + " is beyond the log end");
        }
        synchronized (forced) {
            fence.requireUsable();
            try {
                // A start goes on with this clock, by which the snapshot tells when each came.
                upkeep.saveState();
                snapshot.write(disk, folder);
            } catch (IOException e) {
                throw fence.failed(e);
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

    /** Nobody may force again for long, and damage above it looks like the tail of a crash. */
    private void letRecoveryPointCatchUp() {
        synchronized (forced) {
            fence.requireUsable();
            try {
                forced.follow();
            } catch (IOException e) {
                throw fence.stop(e, Outcome.NONE);
            }
        }
    }

    @Override
    public long force() {
        synchronized (forced) {
            fence.requireUnfenced();
            if (durableEnd() < logEnd()) {
                fence.requireUsable();
                try {
                    forceWritten();
                } catch (IOException e) {
                    throw fence.stop(e, Outcome.UNKNOWN);
                }
            }
            return durableEnd();
        }
    }

    /** The order of the reads counts: what was written before them is in the files by now. */
    private void forceWritten() throws IOException {
        LogEnds.End end = ends.written();
        forced.forceThrough(end.offset());
        ends.durableThrough(end);
        forced.follow();
    }

    /** Only what is within the segment of the durable end, whose name is durable too. */
    @Override
    public WriteAheadLog.@Nullable Tail copyTail(byte[] into, int at) {
        LogEnds.End from = ends.durable();
        LogEnds.End to = ends.written();
        long length = to.position() - from.position();
        boolean sameFile = to.segment() == from.segment() && !forced.isFolderChanged();
        if (fence.isFenced() || fence.isClosed() || !sameFile || length > into.length - at) {
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
        ends.durableThrough(tail.end());
    }

    @Override
    public boolean checkpoint() {
        synchronized (forced) {
            if (fence.isClosed() || fence.isFenced() || isCheckpointed()) {
                return isCheckpointed();
            }
            try {
                forced.forceThrough(durableEnd());
                // What the write-ahead log forgets is never again taken for the tail of a crash.
                forced.checkpoint();
                return true;
            } catch (IOException e) {
                throw fence.stop(e, Outcome.UNKNOWN);
            }
        }
    }

    @Override
    public boolean isCheckpointed() {
        return discarded || forced.forcedEnd() >= durableEnd();
    }

    @Override
    public void close() {
        close(false);
    }

    /** Closes the log of which nothing will be needed any more: nothing is made durable. */
    void discard() {
        close(true);
    }

    private void close(boolean unneeded) {
        synchronized (appender) {
            synchronized (forced) {
                if (fence.isClosed()) {
                    return;
                }
                discarded = unneeded;
                try {
                    if (!unneeded && !fence.isFenced()) {
                        settle();
                    }
                } catch (IOException e) {
                    throw fence.stop(e, Outcome.UNKNOWN);
                } finally {
                    fence.close();
                    reader.close();
                    closeFiles();
                }
            }
        }
    }

    private void settle() throws IOException {
        LogEnds.End end = ends.written();
        forced.settle(end.offset());
        ends.durableThrough(end);
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

    /** 507: nothing of an append was stored. */
    public static BusException diskFull() {
        return LogFence.diskFull();
    }
}
