package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens the folder of a log and brings it into order: cuts off what a crash left above the recovery
 * point, keeps and reports what is damaged below it, forces what it kept. Used once for a log.
 */
final class LogRecovery {

    /**
     * A log ready for use.
     *
     * @param segments at least one; the last is the active one
     * @param end the offset of the next record; everything below is forced
     */
    record Recovered(
            List<Segment> segments,
            LeaderEpochs epochs,
            RecoveryPoint recoveryPoint,
            LogState state,
            long end) {}

    private static final System.Logger LOG = System.getLogger(LogRecovery.class.getName());

    private final Disk disk;
    private final Path folder;
    private final RecoveryPoint recoveryPoint;
    private final LeaderEpochs epochs;
    private final LogState state;
    private final boolean epochsLost;
    private final List<Segment> segments = new ArrayList<>();

    private LogRecovery(
            Disk disk,
            Path folder,
            RecoveryPoint recoveryPoint,
            LogState state,
            @Nullable LeaderEpochs epochs) {
        this.disk = disk;
        this.folder = folder;
        this.recoveryPoint = recoveryPoint;
        this.state = state;
        this.epochsLost = epochs == null;
        this.epochs = epochs == null ? LeaderEpochs.empty(disk, folder) : epochs;
    }

    static Recovered open(Disk disk, Path folder, LogId id, LongSupplier nanoTime)
            throws IOException {
        SegmentSwap.recover(disk, folder);
        List<Long> bases = LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX);
        LogId found = LogFiles.readIdentity(disk, folder);
        if (found != null && !found.equals(id)) {
            throw new IllegalStateException(folder + " holds the log of " + found + ", not " + id);
        }
        if (found == null) {
            if (!isUnfinished(disk, folder, bases)) {
                LOG.log(System.Logger.Level.WARNING, "{0}: partition.json was lost", folder);
                LogFiles.writeIdentity(disk, folder, id);
            } else {
                return create(disk, folder, id, nanoTime);
            }
        }
        RecoveryPoint recoveryPoint = RecoveryPoint.open(disk, folder);
        LogRecovery recovery = null;
        try {
            LeaderEpochs epochs = LeaderEpochs.read(disk, folder);
            long firstBase = bases.isEmpty() ? 0 : bases.get(0);
            LogState state = LogState.read(disk, folder, firstBase, nanoTime);
            recovery = new LogRecovery(disk, folder, recoveryPoint, state, epochs);
            return recovery.run(bases);
        } catch (IOException | RuntimeException e) {
            closeAll(recoveryPoint, recovery == null ? List.of() : recovery.segments);
            throw e;
        }
    }

    /** Whether the folder is new, or was being created when the process ended. */
    private static boolean isUnfinished(Disk disk, Path folder, List<Long> bases)
            throws IOException {
        for (long base : bases) {
            if (base > 0 || disk.size(LogFiles.log(folder, base)) > 0) {
                return false;
            }
        }
        return true;
    }

    /** The identity is written last: a folder that has one is complete. */
    private static Recovered create(Disk disk, Path folder, LogId id, LongSupplier nanoTime)
            throws IOException {
        disk.createFolders(folder);
        LeaderEpochs epochs = LeaderEpochs.empty(disk, folder);
        epochs.save();
        for (long base : LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX)) {
            disk.delete(LogFiles.log(folder, base));
        }
        RecoveryPoint recoveryPoint = RecoveryPoint.open(disk, folder);
        Segment segment = null;
        try {
            recoveryPoint.writeAll(0);
            segment = Segment.create(disk, folder, 0, epochs);
            LogFiles.writeIdentity(disk, folder, id);
            disk.forceFolder(folder.toAbsolutePath().getParent());
            LogState state = LogState.read(disk, folder, 0, nanoTime);
            state.tell(segment);
            return new Recovered(List.of(segment), epochs, recoveryPoint, state, 0);
        } catch (IOException e) {
            closeAll(recoveryPoint, segment == null ? List.of() : List.of(segment));
            throw e;
        }
    }

    static void closeAll(RecoveryPoint recoveryPoint, List<Segment> segments) throws IOException {
        try (recoveryPoint) {
            for (Segment segment : segments) {
                segment.close();
            }
        }
    }

    private Recovered run(List<Long> bases) throws IOException {
        removeLeftovers(bases);
        for (long base : LogFiles.takeBelow(bases, state.start())) {
            LogFiles.deleteSegment(disk, folder, base);
        }
        for (long base : bases) {
            long size = disk.size(LogFiles.log(folder, base));
            segments.add(new Segment(disk, folder, base, epochs, size));
        }
        if (epochsLost) {
            relearnEpochs();
        }
        int first = firstToScan();
        long entry = segments.isEmpty() ? 0 : startOf(first);
        LogScan scan =
                new LogScan(segments, state.start(), knownPoint(), epochs, indexes())
                        .runFrom(first, entry);
        report(scan);
        apply(scan, first, entry);
        segments.forEach(state::tell);
        if (state.isDamaged()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the log state was damaged; the log starts with its first segment",
                    folder);
            state.save(segments.toArray(new Segment[0]));
        }
        return new Recovered(List.copyOf(segments), epochs, recoveryPoint, state, scan.end());
    }

    private void removeLeftovers(List<Long> bases) throws IOException {
        for (String name : disk.list(folder)) {
            if (name.endsWith(LogFiles.TEMPORARY_SUFFIX)) {
                disk.delete(folder.resolve(name));
            }
        }
        for (String suffix : List.of(LogFiles.INDEX_SUFFIX, LogFiles.TIMES_SUFFIX)) {
            for (long base : LogFiles.baseOffsets(disk, folder, suffix)) {
                if (!bases.contains(base)) {
                    disk.delete(LogFiles.index(folder, base));
                    disk.delete(LogFiles.times(folder, base));
                }
            }
        }
    }

    /** The epoch file was lost: takes what the batches say. */
    private void relearnEpochs() throws IOException {
        LOG.log(System.Logger.Level.WARNING, "{0}: the epoch file was lost; rebuilding", folder);
        new LogScan(
                        segments,
                        state.start(),
                        knownPoint(),
                        null,
                        (i, batch) -> epochs.learn(batch.leaderEpoch(), batch.baseOffset()))
                .runFrom(0, 0);
        epochs.save();
    }

    private long knownPoint() {
        return recoveryPoint.isKnown() ? recoveryPoint.offset() : LogScan.UNKNOWN;
    }

    /** The segment that holds the recovery point; the first if it is not known. */
    private int firstToScan() {
        int first = 0;
        if (recoveryPoint.isKnown()) {
            for (int i = 0; i < segments.size(); i++) {
                if (segments.get(i).baseOffset() <= recoveryPoint.offset()) {
                    first = i;
                }
            }
        }
        return first;
    }

    /** Where to begin in the first segment to scan; all after it is scanned from its start. */
    private long startOf(int first) throws IOException {
        for (int i = first; i < segments.size(); i++) {
            segments.get(i).index().use(new OffsetIndex(), new TimeIndex());
        }
        Segment segment = segments.get(first);
        long base = segment.baseOffset();
        TimeIndex times = TimeIndex.read(disk, LogFiles.times(folder, base), segment.sizeBytes());
        try (IndexFile saved = IndexFile.open(disk, LogFiles.index(folder, base))) {
            if (saved == null
                    || times == null
                    || !recoveryPoint.isKnown()
                    || saved.segmentBytes() > segment.sizeBytes()) {
                return 0;
            }
            TimeIndex sound = times.upTo(recoveryPoint.offset());
            long entry = saved.floor(sound.coveredEnd(base) - base);
            segment.index().use(saved.load(OffsetIndex.position(entry)), sound);
            return entry;
        }
    }

    private LogScan.Visitor indexes() {
        return new LogScan.Visitor() {
            @Override
            public void batch(int i, BatchScanner batch) {
                segments.get(i)
                        .index()
                        .offer(
                                batch.baseOffset(),
                                batch.nextOffset(),
                                batch.maxTimestampMs(),
                                batch.position(),
                                batch.sizeBytes());
            }

            @Override
            public void damage(int i) {
                segments.get(i).index().passDamage();
            }
        };
    }

    private void report(LogScan scan) {
        for (LogScan.Damage damage : scan.damage()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: offsets {1} to {2} are damaged and cannot be read: {3}",
                    folder,
                    Long.toString(damage.from()),
                    Long.toString(damage.to() - 1),
                    damage.reason());
        }
        LogScan.Cut cut = scan.cut();
        if (cut != null) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: cut off at offset {1}, where a crash left: {2}",
                    folder,
                    Long.toString(scan.end()),
                    cut.reason());
        }
    }

    private void apply(LogScan scan, int first, long entry) throws IOException {
        dropSegmentsFrom(scan.segmentsKept());
        LogScan.Cut cut = scan.cut();
        if (cut != null) {
            cut(segments.get(cut.segment()), cut.position());
        }
        epochs.truncate(scan.end());
        forceAll(first, entry, scan.end());
        if (scan.endsBehindDamage() || segments.isEmpty()) {
            segments.add(Segment.create(disk, folder, scan.end(), epochs));
            disk.forceFolder(folder);
        }
        for (int i = 0; i + 1 < segments.size(); i++) {
            segments.get(i).endAt(segments.get(i + 1).baseOffset());
        }
        if (!recoveryPoint.isSound()) {
            LOG.log(System.Logger.Level.WARNING, "{0}: the recovery point was damaged", folder);
            recoveryPoint.writeAll(scan.end());
        } else if (recoveryPoint.offset() != scan.end()) {
            recoveryPoint.write(scan.end());
        }
    }

    /** What is above the recovery point is written again: the force of it may have failed. */
    private void forceAll(int first, long entry, long end) throws IOException {
        boolean unforced = !recoveryPoint.isKnown() || recoveryPoint.offset() < end;
        for (int i = first; i < segments.size(); i++) {
            if (unforced) {
                segments.get(i).writeAgain(i == first ? entry : 0);
            }
            segments.get(i).force();
        }
    }

    private void cut(Segment segment, long position) throws IOException {
        segment.cutAt(position);
        long base = segment.baseOffset();
        try (IndexFile saved = IndexFile.open(disk, LogFiles.index(folder, base))) {
            if (saved == null || saved.segmentBytes() > position) {
                disk.delete(LogFiles.index(folder, base));
            }
        }
        if (TimeIndex.read(disk, LogFiles.times(folder, base), position) == null) {
            disk.delete(LogFiles.times(folder, base));
        }
    }

    private void dropSegmentsFrom(int kept) throws IOException {
        boolean dropped = false;
        while (segments.size() > kept) {
            Segment last = segments.remove(segments.size() - 1);
            last.close();
            LogFiles.deleteSegment(disk, folder, last.baseOffset());
            dropped = true;
        }
        if (dropped) {
            disk.forceFolder(folder);
        }
    }
}
