package dev.restbus.broker.log;

import dev.restbus.api.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Takes segments out of a log and puts others in their place: for whoever deletes records, for
 * retention and for compaction. Every change is under the lock that forces, so that nobody forces a
 * segment that is being closed. Thread-safe; compaction on one thread at a time.
 */
final class LogUpkeep implements LogCleaner.Host {

    private static final System.Logger LOG = System.getLogger(LogUpkeep.class.getName());

    private final Disk disk;
    private final Path folder;
    private final Segments segments;
    private final LogState state;
    private final LeaderEpochs epochs;
    private final LogEnds ends;
    private final LogFence fence;
    private final LogForce forced;
    private final LogCleaner cleaner;

    LogUpkeep(LogParts parts) {
        this.disk = parts.disk();
        this.folder = parts.folder();
        this.segments = parts.segments();
        this.state = parts.state();
        this.epochs = parts.epochs();
        this.ends = parts.ends();
        this.fence = parts.fence();
        this.forced = parts.forced();
        this.cleaner = new LogCleaner(disk, folder, segments, state, epochs, this);
    }

    LogCleaner cleaner() {
        return cleaner;
    }

    /** As {@link PartitionLog#startAt}. */
    long startAt(long offset) {
        List<Segment> below;
        synchronized (forced) {
            fence.requireUsable();
            if (offset > ends.durable().offset()) {
                throw new IllegalArgumentException(
                        offset + " is beyond " + ends.durable().offset());
            }
            try {
                if (offset > state.start()) {
                    // What is gone was once forced, and recovery must know it.
                    forced.moveRecoveryPoint(offset, ends.durable().offset());
                    state.startAt(offset, segments.all());
                }
            } catch (IOException e) {
                throw fence.failed(e);
            }
            below = segments.takeBelow(state.start());
            close(below);
        }
        delete(below);
        return state.start();
    }

    /** Deletes what retention does not keep, and notes the ages of what is left. */
    void keep(Retention retention, long nowMs, long highWatermark) {
        long from = retention.keepFrom(segments.all(), nowMs, highWatermark);
        if (from > state.start()) {
            startAt(from);
        }
        synchronized (forced) {
            fence.requireUsable();
            if (state.isOutdated(segments.active())) {
                saveState();
            }
        }
    }

    /** As {@link PartitionLog#clean}. */
    synchronized boolean clean(LogSettings settings, long highWatermark, BooleanSupplier stop) {
        return cleaner.clean(settings, highWatermark, stop);
    }

    @Override
    public boolean swap(List<Segment> old, CleanedSegment cleaned) {
        synchronized (forced) {
            fence.requireUsable();
            if (!segments.contains(old)) {
                return false;
            }
            try {
                for (Segment segment : old) {
                    // Who reads it meanwhile must not open what is at its place by then.
                    segment.file();
                }
                // What replaces forced records is itself never taken for the tail of a crash.
                forced.moveRecoveryPoint(cleaned.swap().end(), ends.durable().offset());
                cleaned.swap().commit(disk, folder);
            } catch (IOException e) {
                throw fence.stop(e, Outcome.NONE);
            }
            segments.replace(old, inPlace(old, cleaned));
            close(old);
            forced.writeIndexes(cleaned.swap().end());
            return true;
        }
    }

    private Segment inPlace(List<Segment> old, CleanedSegment cleaned) {
        SegmentSwap swap = cleaned.swap();
        Segment segment = new Segment(disk, folder, swap.base(), epochs, cleaned.sizeBytes());
        segment.endAt(swap.end());
        for (Segment one : old) {
            segment.appendedAt(one.firstAppendMs());
            segment.appendedAt(one.lastAppendMs());
        }
        segment.index().adopt(cleaned.index());
        return segment;
    }

    @Override
    public void cleaned(long end, long droppedBelow, boolean tombstonesLeft) {
        synchronized (forced) {
            fence.requireUsable();
            state.cleaning().cleaned(end, droppedBelow, tombstonesLeft, state.clockMs());
            saveState();
        }
    }

    /** Where it cannot be saved, segments only seem younger, and dirty, after a crash. */
    void saveState() {
        try {
            state.save(segments.all());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot save the state of the log " + folder, e);
        }
    }

    /** Before their files are deleted, so that no reader opens them again. */
    private void close(List<Segment> out) {
        for (Segment segment : out) {
            try {
                segment.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "cannot close a segment in " + folder, e);
            }
        }
    }

    /** What cannot be deleted now, recovery deletes, as it is below the start. */
    private void delete(List<Segment> below) {
        for (Segment segment : below) {
            try {
                LogFiles.deleteSegment(disk, folder, segment.baseOffset());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "cannot delete a segment in " + folder, e);
            }
        }
    }
}
