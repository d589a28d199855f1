package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Forces the files of a log, in the order in which they were written, and keeps the recovery point
 * and the index files behind. Whoever calls it holds its monitor, unless said otherwise.
 */
final class LogForce {

    private static final System.Logger LOG = System.getLogger(LogForce.class.getName());
    private static final long NANOS_PER_MS = 1_000_000;

    private final Disk disk;
    private final Path folder;
    private final Segments segments;
    private final RecoveryPoint recoveryPoint;
    private final LogSettings settings;

    /** Everything below is forced in this log's own files; never above the durable end. */
    private volatile long forcedEnd;

    private long recoveryPointWrittenNanos;

    /** So many segments there were when an index could not be written; tried again at a roll. */
    private int indexesFailedAt;

    /** Whether a file was created whose name is not durable yet. */
    private volatile boolean folderChanged;

    /**
     * @param forcedEnd everything below is forced
     * @param settings of which only the pace of the recovery point counts here
     */
    LogForce(
            Disk disk,
            Path folder,
            Segments segments,
            RecoveryPoint recoveryPoint,
            long forcedEnd,
            LogSettings settings) {
        this.disk = disk;
        this.folder = folder;
        this.segments = segments;
        this.recoveryPoint = recoveryPoint;
        this.forcedEnd = forcedEnd;
        this.settings = settings;
        this.recoveryPointWrittenNanos = settings.nanoTime().getAsLong();
    }

    /** A file is about to be created: the next force makes its name durable. Any thread. */
    void folderChanges() {
        folderChanged = true;
    }

    /** Whether a name is not durable yet. Any thread. */
    boolean isFolderChanged() {
        return folderChanged;
    }

    /** Everything below is forced. Any thread. */
    long forcedEnd() {
        return forcedEnd;
    }

    /** Forces what is not forced below an offset, and the names of new files. */
    void forceThrough(long end) throws IOException {
        force(forcedEnd, end);
        forcedEnd = Math.max(forcedEnd, end);
    }

    private void force(long alreadyForced, long end) throws IOException {
        for (Segment segment : segments.all()) {
            if (segment.endOffset() > alreadyForced && segment.baseOffset() < end) {
                segment.force();
            }
        }
        if (folderChanged) {
            folderChanged = false;
            disk.forceFolder(folder);
        }
    }

    /**
     * After a force: writes the indexes of closed segments, and the recovery point if it is due.
     */
    void follow() throws IOException {
        long end = forcedEnd;
        writeIndexes(end);
        if (recoveryPoint.offset() >= end) {
            return;
        }
        boolean rolled = recoveryPoint.offset() < segments.active().baseOffset();
        long sinceNanos = settings.nanoTime().getAsLong() - recoveryPointWrittenNanos;
        if (rolled || sinceNanos >= settings.recoveryPointIntervalMs() * NANOS_PER_MS) {
            writeRecoveryPoint(end);
        }
    }

    /** After a force: has what is forced known to be, durably. */
    void checkpoint() throws IOException {
        long end = forcedEnd;
        writeIndexes(end);
        if (recoveryPoint.offset() < end) {
            writeRecoveryPoint(end);
        }
    }

    /**
     * Has the recovery point at {@code least} or behind.
     *
     * @param end a batch boundary, at or behind {@code least}, where it is moved if need be
     */
    void moveRecoveryPoint(long least, long end) throws IOException {
        if (recoveryPoint.offset() < least) {
            force(recoveryPoint.offset(), end);
            writeRecoveryPoint(end);
        }
    }

    /**
     * Leaves the folder so that the next open has little to scan, and all of it known as forced.
     */
    void settle(long end) throws IOException {
        force(recoveryPoint.offset(), end);
        forcedEnd = end;
        if (recoveryPoint.offset() != end) {
            writeRecoveryPoint(end);
        }
        for (Segment segment : segments.all()) {
            boolean isShort =
                    !segment.isClosed() && segment.sizeBytes() < PartitionLog.SOON_READ_BYTES;
            if (segment.index().isUnwritten() && !isShort) {
                writeIndex(segment, Math.min(end, segment.endOffset()));
            }
        }
    }

    /** Those of closed segments below {@code end}. */
    void writeIndexes(long end) {
        Segment[] now = segments.all();
        if (now.length == indexesFailedAt) {
            return;
        }
        for (Segment segment : now) {
            if (segment.endOffset() <= end && segment.index().isUnwritten()) {
                writeIndex(segment, segment.endOffset());
            }
        }
    }

    /** An index can be rebuilt: that it cannot be written stops nothing. */
    private void writeIndex(Segment segment, long nextOffset) {
        try {
            segment.index().write(nextOffset);
        } catch (IOException e) {
            indexesFailedAt = segments.all().length;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "cannot write the index of segment " + segment.baseOffset() + " in " + folder,
                    e);
        }
    }

    private void writeRecoveryPoint(long offset) throws IOException {
        recoveryPoint.write(offset);
        recoveryPointWrittenNanos = settings.nanoTime().getAsLong();
    }
}
