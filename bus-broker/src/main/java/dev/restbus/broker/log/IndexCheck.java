package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Compares both indexes of one segment with its batches while they are scanned: {@link #batch} for
 * each, then {@link #finish}. Used once, by one thread.
 */
final class IndexCheck {

    /** Hears what is wrong with a file. */
    @FunctionalInterface
    interface Notes {
        void add(String file, boolean damage, String message);
    }

    private final Disk disk;
    private final Segment segment;
    private final Notes notes;

    private final Path offsetsPath;
    private boolean offsetsThere;
    private long coveredBytes;
    private long nextOffset;
    private OffsetIndex offsets = new OffsetIndex();
    private int nextEntry;
    private int strangers;

    private final Path timesPath;
    private final @Nullable TimeIndex times;
    private long maxTimestampMs = TimeIndex.NO_TIMESTAMP;
    private int nextTime;
    private int wrongTimes;

    IndexCheck(Disk disk, Path folder, Segment segment, Notes notes) throws IOException {
        this.disk = disk;
        this.segment = segment;
        this.notes = notes;
        this.offsetsPath = LogFiles.index(folder, segment.baseOffset());
        try (IndexFile file = IndexFile.open(disk, offsetsPath)) {
            if (file != null) {
                offsetsThere = true;
                coveredBytes = file.segmentBytes();
                nextOffset = file.nextOffset();
                offsets = file.load(Long.MAX_VALUE);
            }
        }
        this.timesPath = LogFiles.times(folder, segment.baseOffset());
        this.times = TimeIndex.read(disk, timesPath, Long.MAX_VALUE);
    }

    void batch(BatchScanner batch) {
        skipTo(batch.position());
        if (nextEntry < offsets.count()
                && OffsetIndex.position(offsets.get(nextEntry)) == batch.position()) {
            long relative = OffsetIndex.relativeOffset(offsets.get(nextEntry));
            strangers += segment.baseOffset() + relative == batch.baseOffset() ? 0 : 1;
            nextEntry++;
        }
        maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs());
        while (times != null
                && nextTime < times.count()
                && times.nextOffset(nextTime) <= batch.nextOffset()) {
            boolean right =
                    times.nextOffset(nextTime) == batch.nextOffset()
                            && (times.timestampMs(nextTime) == maxTimestampMs
                                    || times.timestampMs(nextTime) == TimeIndex.ANY_TIMESTAMP);
            wrongTimes += right ? 0 : 1;
            nextTime++;
        }
    }

    private void skipTo(long position) {
        while (nextEntry < offsets.count()
                && OffsetIndex.position(offsets.get(nextEntry)) < position) {
            strangers++;
            nextEntry++;
        }
    }

    /**
     * Says what is wrong.
     *
     * @param end the offset behind the segment
     */
    void finish(LogScan scan, boolean isLast, long end) throws IOException {
        if (segment.isElsewhere()) {
            return; // The indexes are those of the segment that it takes the place of.
        }
        boolean cut = scan.cut() != null;
        boolean damaged =
                scan.damage().stream().anyMatch(d -> d.segmentBase() == segment.baseOffset());
        finishOffsets(cut, damaged, isLast, end);
        finishTimes(cut, damaged, isLast, end);
    }

    private void finishOffsets(boolean cut, boolean damaged, boolean isLast, long end)
            throws IOException {
        skipTo(Long.MAX_VALUE);
        if (!offsetsThere) {
            addMissing(offsetsPath, isLast);
        } else if (coveredBytes > segment.sizeBytes() || nextOffset > end && !cut) {
            add(offsetsPath, true, "speaks of more than the segment holds");
        } else if (!isLast && coveredBytes < segment.sizeBytes()) {
            add(offsetsPath, false, "speaks of a part of the segment, will be rebuilt");
        } else if (strangers > 0 && !damaged && !cut) {
            add(offsetsPath, true, strangers + " entries point to no batch");
        }
    }

    private void finishTimes(boolean cut, boolean damaged, boolean isLast, long end)
            throws IOException {
        if (times == null) {
            addMissing(timesPath, isLast);
        } else if (times.coveredEnd(-1) > end && !cut) {
            add(timesPath, true, "speaks of more than the segment holds");
        } else if (!isLast && times.coveredEnd(end) < end) {
            add(timesPath, false, "speaks of a part of the segment, will be rebuilt");
        } else if (wrongTimes > 0 && !damaged && !cut) {
            add(timesPath, true, wrongTimes + " entries are not as the batches say");
        }
    }

    private void addMissing(Path path, boolean isLast) throws IOException {
        if (disk.exists(path)) {
            add(path, true, "damaged");
        } else if (!isLast) {
            add(path, false, "missing, will be rebuilt");
        }
    }

    private void add(Path path, boolean damage, String message) {
        notes.add(path.getFileName().toString(), damage, message);
    }
}
