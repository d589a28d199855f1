package dev.restbus.broker.log;

import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.compaction.BatchFilter;
import dev.restbus.broker.log.compaction.KeyOffsets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Compacts a log: of each key the newest record stays (Kafka's LogCleaner). It reads the part that
 * was not cleaned yet into a table of bounded size, as far as that goes, then writes all closed
 * segments before that point anew, several small ones into one. Records without a key stay.
 *
 * <p>It never touches the active segment nor what is above the high watermark, and leaves a log
 * with damage alone, because what is damaged could be the newest record of any key. One thread.
 */
final class LogCleaner {

    /** Where the cleaned segments go. */
    interface Host {
        /**
         * Puts the cleaned segment in the place of the old ones.
         *
         * @return false if one of them is not there any more
         */
        boolean swap(List<Segment> old, CleanedSegment cleaned);

        /** Notes that all went well; see {@link CleanState#cleaned}. */
        void cleaned(long end, long droppedBelow, boolean tombstonesLeft);
    }

    /** For some 500,000 keys at once; more need more rounds. */
    private static final int TABLE_BYTES = 16 << 20;

    private static final System.Logger LOG = System.getLogger(LogCleaner.class.getName());
    private static final long RETRY_MS = 60_000;

    /** So many segments become one at most: all of them are open when they are replaced. */
    private static final int MAX_GROUP = 64;

    /** Says that the log has to be left alone, at least for now. */
    private static final class CannotCleanException extends Exception {
        private static final long serialVersionUID = 1;

        CannotCleanException(String message) {
            super(message);
        }
    }

    private final Disk disk;
    private final Path folder;
    private final Segments segments;
    private final LogState state;
    private final LeaderEpochs epochs;
    private final Host host;

    /** Less in tests. */
    int tableBytes = TABLE_BYTES;

    private boolean damaged;
    private long retryAtMs;

    LogCleaner(
            Disk disk,
            Path folder,
            Segments segments,
            LogState state,
            LeaderEpochs epochs,
            Host host) {
        this.disk = disk;
        this.folder = folder;
        this.segments = segments;
        this.state = state;
        this.epochs = epochs;
        this.host = host;
    }

    /** One pass over the log. */
    private final class Pass {
        private final LogSettings settings;
        private final BooleanSupplier stop;
        private final List<Segment> closed;
        private final KeyOffsets newest;
        private final long start = state.start();
        private final long dropBelow;
        private final BatchFilter filter = new BatchFilter();
        private long end;
        private boolean tombstonesLeft;

        /** Whether a record was left out since the last segment was begun. */
        private boolean changed;

        Pass(LogSettings settings, List<Segment> closed, long dropBelow, BooleanSupplier stop) {
            this.settings = settings;
            this.closed = closed;
            this.dropBelow = dropBelow;
            this.stop = stop;
            this.newest = new KeyOffsets(tableBytes);
        }

        void run() throws IOException, CannotCleanException {
            end = readKeys();
            int next = 0;
            while (next < closed.size() && closed.get(next).baseOffset() < end) {
                next += rewrite(next);
            }
            host.cleaned(end, dropBelow, tombstonesLeft);
        }

        /** Fills the table; returns the offset up to which it knows the newest of each key. */
        private long readKeys() throws IOException, CannotCleanException {
            long from = Math.max(start, state.cleaning().end());
            RecordReader record = new RecordReader();
            for (Segment segment : closed) {
                if (segment.endOffset() <= from) {
                    continue;
                }
                BatchScanner batches = scanner(segment);
                while (next(batches, segment)) {
                    if (batches.nextOffset() > from) {
                        record.over(batches.bytes(), batches.at());
                        while (record.next()) {
                            Slice key = record.key();
                            if (key != null
                                    && record.offset() >= from
                                    && !newest.put(key, record.offset())) {
                                return record.offset();
                            }
                        }
                    }
                }
            }
            return closed.get(closed.size() - 1).endOffset();
        }

        /** Writes as many segments anew as make one; returns how many they were. */
        private int rewrite(int first) throws IOException, CannotCleanException {
            long base = closed.get(first).baseOffset();
            boolean swapped = false;
            try (CleanedSegment cleaned = new CleanedSegment(disk, folder, base, epochs)) {
                List<Segment> group = new ArrayList<>();
                long before = 0;
                changed = false;
                for (int i = first; i < closed.size() && fits(closed.get(i), group, cleaned); i++) {
                    Segment segment = closed.get(i);
                    copy(segment, cleaned);
                    before += segment.sizeBytes();
                    group.add(segment);
                }
                cleaned.finish(group.get(group.size() - 1).endOffset());
                // What was dropped must be gone, also where the rest is larger uncompressed: the
                // next pass does not look at these keys again.
                if (changed || group.size() > 1 || cleaned.sizeBytes() < before) {
                    swapped = host.swap(group, cleaned);
                    if (!swapped) {
                        throw new CannotCleanException("a segment was deleted meanwhile");
                    }
                }
                return group.size();
            } finally {
                if (!swapped) {
                    disk.delete(SegmentSwap.cleaned(folder, base));
                }
            }
        }

        private boolean fits(Segment segment, List<Segment> group, CleanedSegment cleaned) {
            return group.isEmpty()
                    || group.size() < MAX_GROUP
                            && segment.baseOffset() < end
                            && cleaned.sizeBytes() + segment.sizeBytes() <= settings.segmentBytes()
                            && segment.endOffset() - group.get(0).baseOffset() <= Integer.MAX_VALUE;
        }

        private void copy(Segment segment, CleanedSegment cleaned)
                throws IOException, CannotCleanException {
            BatchScanner batches = scanner(segment);
            while (next(batches, segment)) {
                Slice left = filter.filter(batches.bytes(), batches.at(), this::stays);
                changed |= left.bytes() != batches.bytes();
                if (cleaned.sizeBytes() + left.length() > OffsetIndex.MAX_POSITION) {
                    throw new IOException("what is left is too large for one segment");
                }
                cleaned.add(left);
            }
        }

        private boolean stays(RecordReader record) {
            Slice key = record.key();
            if (record.offset() < start) {
                return false;
            }
            if (key == null) {
                return true;
            }
            if (newest.newest(key) > record.offset()) {
                return false;
            }
            boolean tombstone = !record.hasValue();
            if (tombstone && record.offset() < dropBelow) {
                return false;
            }
            tombstonesLeft |= tombstone && record.offset() < end;
            return true;
        }

        private BatchScanner scanner(Segment segment) throws IOException {
            return segment.scanner().from(0, segment.baseOffset());
        }

        private boolean next(BatchScanner batches, Segment segment)
                throws IOException, CannotCleanException {
            if (stop.getAsBoolean()) {
                throw new CannotCleanException("the broker is closing");
            }
            boolean more = batches.next();
            String fault = batches.fault();
            if (fault == null && !more && batches.baseOffset() != segment.endOffset()) {
                fault = "the segment ends before its last offset";
            }
            if (fault != null) {
                damaged = true;
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: not compacted, for offset {1} is damaged: {2}",
                        folder,
                        Long.toString(batches.baseOffset()),
                        fault);
                throw new CannotCleanException(fault);
            }
            return more;
        }
    }

    /**
     * Cleans the log if enough of it is dirty, that is, at least as many bytes as are clean
     * (Kafka's default ratio), or if tombstones may be dropped.
     *
     * @param stop asked between batches; a pass that is stopped leaves a sound log
     * @return whether there was something to do
     */
    boolean clean(LogSettings settings, long highWatermark, BooleanSupplier stop) {
        long nowMs = state.clockMs();
        if (damaged || nowMs < retryAtMs) {
            return false;
        }
        List<Segment> closed = closedBelow(highWatermark);
        long dropBelow = state.cleaning().droppableBelow(nowMs, settings.retention().tombstoneMs());
        if (!isDirty(closed) && dropBelow == state.cleaning().dropped()) {
            return false;
        }
        if (closed.isEmpty()) {
            return false;
        }
        try {
            new Pass(settings, closed, dropBelow, stop).run();
        } catch (CannotCleanException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", folder, e.getMessage());
        } catch (IOException | RecordReader.MalformedBatchException e) {
            retryAtMs = nowMs + RETRY_MS;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: not compacted, will be tried again in a minute: {1}",
                    folder,
                    e);
        }
        return true;
    }

    private List<Segment> closedBelow(long highWatermark) {
        List<Segment> closed = new ArrayList<>();
        for (Segment segment : segments.all()) {
            if (segment.endOffset() <= highWatermark) {
                closed.add(segment);
            }
        }
        return closed;
    }

    private boolean isDirty(List<Segment> closed) {
        long dirty = 0;
        long clean = 0;
        for (Segment segment : closed) {
            if (segment.endOffset() > state.cleaning().end()) {
                dirty += segment.sizeBytes();
            } else {
                clean += segment.sizeBytes();
            }
        }
        return dirty > 0 && dirty >= clean;
    }
}
