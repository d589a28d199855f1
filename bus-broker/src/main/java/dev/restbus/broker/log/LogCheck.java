package dev.restbus.broker.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Proves the logs of a data folder sound, or says what is wrong: CRCs, offsets, epochs, indexes
 * against batches, recovery point, identity. Changes nothing. The folder must not be in use.
 *
 * <p>What a crash leaves and the next start puts in order is a note, not damage.
 */
public final class LogCheck {

    /**
     * One thing that is not as it should be.
     *
     * @param log the folder of the log, relative to the data folder
     * @param file the file in it
     * @param damage false for what the next start puts in order by itself
     */
    public record Finding(String log, String file, boolean damage, String message) {}

    /**
     * What one log holds.
     *
     * @param start the lowest offset that can be read
     * @param end the offset behind the last record
     */
    public record Summary(
            String log, int segments, long records, long bytes, long start, long end) {}

    /** The outcome for all logs. */
    public record Report(List<Summary> logs, List<Finding> findings) {

        /** Whether nothing is damaged. */
        public boolean sound() {
            return findings.stream().noneMatch(Finding::damage);
        }
    }

    private static final String COORDINATOR = "coordinator";
    private static final String DELETED_SUFFIX = ".deleted";

    private final Disk disk;
    private final Path root;
    private final List<Summary> summaries = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private LogCheck(Disk disk, Path root) {
        this.disk = disk;
        this.root = root;
    }

    /**
     * Checks every log under a data folder, or under each data folder directly below it.
     *
     * @throws IllegalArgumentException if it is no data folder
     * @throws IllegalStateException if a process has it
     */
    public static Report check(Disk disk, Path root) throws IOException {
        LogCheck check = new LogCheck(disk, root);
        List<Path> folders = check.dataFolders();
        if (folders.isEmpty()) {
            throw new IllegalArgumentException(root + " is not a data folder of the bus");
        }
        for (Path folder : folders) {
            check.checkDataFolder(folder);
        }
        return new Report(List.copyOf(check.summaries), List.copyOf(check.findings));
    }

    /** Checks the log in one folder, which must not be open. */
    public static Report checkLog(Disk disk, Path folder) throws IOException {
        LogCheck check = new LogCheck(disk, folder.toAbsolutePath().getParent());
        check.checkOne(folder.toAbsolutePath(), null);
        return new Report(List.copyOf(check.summaries), List.copyOf(check.findings));
    }

    private List<Path> dataFolders() throws IOException {
        if (disk.exists(root.resolve(LogDirectory.FORMAT))) {
            return List.of(root);
        }
        List<Path> found = new ArrayList<>();
        if (disk.isFolder(root)) {
            for (String name : disk.list(root)) {
                if (disk.exists(root.resolve(name).resolve(LogDirectory.FORMAT))) {
                    found.add(root.resolve(name));
                }
            }
        }
        return found;
    }

    private void checkDataFolder(Path folder) throws IOException {
        try (Closeable lock = disk.tryLock(folder.resolve(LogDirectory.LOCK))) {
            if (lock == null) {
                throw new IllegalStateException(
                        "the data folder " + folder + " is in use by a process; stop it first");
            }
            String fault = LogDirectory.formatFault(disk, folder);
            if (fault != null) {
                add(folder, LogDirectory.FORMAT, true, fault);
            }
            WriteAheadCheck ahead = new WriteAheadCheck(disk, folder);
            checkAll(folder.resolve(LogDirectory.LOGS), ahead);
            ahead.finish(
                    (file, damage, message) -> add(folder, file, damage, message),
                    (log, damage, message) -> findings.add(new Finding(log, "", damage, message)));
            checkAll(folder.resolve(COORDINATOR), null);
        }
    }

    private void checkAll(Path parent, @Nullable WriteAheadCheck ahead) throws IOException {
        for (String name : disk.list(parent)) {
            Path folder = parent.resolve(name);
            if (disk.isFolder(folder) && !name.endsWith(DELETED_SUFFIX)) {
                checkOne(folder, ahead);
            }
        }
    }

    /**
     * @param ahead null for a folder that has another name than its identity says
     */
    private void checkOne(Path folder, @Nullable WriteAheadCheck ahead) throws IOException {
        List<Segment> segments = new ArrayList<>();
        long bytes = 0;
        try {
            LeaderEpochs epochs = LeaderEpochs.read(disk, folder);
            LeaderEpochs some = epochs == null ? LeaderEpochs.empty(disk, folder) : epochs;
            List<SegmentSwap> swaps = SegmentSwap.pending(disk, folder);
            List<Long> bases = basesWith(swaps, folder);
            LogState state = checkState(folder, bases);
            for (long base : bases) {
                Path path = pathOf(base, swaps, folder);
                long size = disk.size(path);
                bytes += size;
                segments.add(new Segment(disk, folder, base, path, some, size));
            }
            LogId id = LogFiles.readIdentity(disk, folder);
            if (id == null && bytes == 0) {
                add(folder, LogFiles.IDENTITY, false, "was being created; nothing is in it");
                return;
            }
            checkIdentity(folder, id, ahead != null);
            long recoveryPoint = checkRecoveryPoint(folder);
            if (epochs == null || !epochs.isAscending()) {
                add(folder, LogFiles.EPOCHS, true, "missing or damaged");
            }
            long end = checkBatches(folder, segments, state.start(), epochs, recoveryPoint, bytes);
            LogId named = id != null ? id : LogId.ofFolderName(folder.getFileName().toString());
            if (ahead != null && named != null) {
                ahead.log(nameOf(folder), named, end);
            }
            checkProducers(folder);
        } finally {
            for (Segment segment : segments) {
                segment.close();
            }
        }
    }

    /** The segments as they are once every compaction that was cut off is finished. */
    private List<Long> basesWith(List<SegmentSwap> swaps, Path folder) throws IOException {
        TreeSet<Long> bases =
                new TreeSet<>(LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX));
        for (SegmentSwap swap : swaps) {
            bases.removeIf(base -> base > swap.base() && base < swap.end());
            bases.add(swap.base());
            String file = swap.swap(folder).getFileName().toString();
            add(folder, file, false, "a compaction was cut off, will be finished");
        }
        return new ArrayList<>(bases);
    }

    private static Path pathOf(long base, List<SegmentSwap> swaps, Path folder) {
        for (SegmentSwap swap : swaps) {
            if (swap.base() == base) {
                return swap.swap(folder);
            }
        }
        return LogFiles.log(folder, base);
    }

    /** Takes those out of {@code bases} that lie below the start. */
    private LogState checkState(Path folder, List<Long> bases) throws IOException {
        long firstBase = bases.isEmpty() ? 0 : bases.get(0);
        LogState state = LogState.read(disk, folder, firstBase, () -> 0);
        if (state.isDamaged()) {
            add(folder, LogFiles.STATE, true, "damaged");
        }
        for (long base : LogFiles.takeBelow(bases, state.start())) {
            Path file = LogFiles.log(folder, base);
            add(
                    folder,
                    file.getFileName().toString(),
                    false,
                    "below the log start, will be removed");
        }
        return state;
    }

    private void checkIdentity(Path folder, @Nullable LogId id, boolean namedByIdentity) {
        if (id == null) {
            add(folder, LogFiles.IDENTITY, true, "missing or damaged");
        } else if (namedByIdentity && !folder.endsWith(id.folderName())) {
            add(folder, LogFiles.IDENTITY, true, "is that of " + id + " " + id.topicId());
        }
    }

    private long checkRecoveryPoint(Path folder) throws IOException {
        if (!disk.exists(folder.resolve(LogFiles.RECOVERY_POINT))) {
            add(folder, LogFiles.RECOVERY_POINT, true, "missing");
            return LogScan.UNKNOWN;
        }
        try (RecoveryPoint point = RecoveryPoint.open(disk, folder)) {
            if (!point.isSound()) {
                add(folder, LogFiles.RECOVERY_POINT, true, "damaged");
            }
            return point.isKnown() ? point.offset() : LogScan.UNKNOWN;
        }
    }

    /** It is made from the batches, so the next start puts it in order. */
    private void checkProducers(Path folder) throws IOException {
        if (!disk.exists(folder.resolve(LogFiles.PRODUCERS))) {
            return;
        }
        ProducerSnapshot snapshot = ProducerSnapshot.read(disk, folder);
        long end = summaries.get(summaries.size() - 1).end();
        if (snapshot == null) {
            add(folder, LogFiles.PRODUCERS, false, "damaged, will be rebuilt from the log");
        } else if (snapshot.endOffset() > end) {
            add(folder, LogFiles.PRODUCERS, false, "of a later end, will be rebuilt from the log");
        }
    }

    /** Returns where the log ends. */
    private long checkBatches(
            Path folder,
            List<Segment> segments,
            long start,
            @Nullable LeaderEpochs epochs,
            long recoveryPoint,
            long bytes)
            throws IOException {
        List<IndexCheck> walks = new ArrayList<>();
        for (Segment segment : segments) {
            walks.add(
                    new IndexCheck(
                            disk,
                            folder,
                            segment,
                            (file, damage, message) -> add(folder, file, damage, message)));
        }
        long[] records = new long[1];
        LogScan scan =
                new LogScan(
                                segments,
                                start,
                                recoveryPoint,
                                epochs,
                                (i, batch) -> {
                                    records[0] += batch.recordCount();
                                    walks.get(i).batch(batch);
                                })
                        .runFrom(0, 0);
        for (LogScan.Damage damage : scan.damage()) {
            addDamage(folder, damage);
        }
        addCrashTail(folder, segments, scan);
        for (int i = 0; i < scan.segmentsKept(); i++) {
            boolean isLast = i + 1 == segments.size();
            long end = isLast ? scan.end() : segments.get(i + 1).baseOffset();
            walks.get(i).finish(scan, isLast, end);
        }
        if (epochs != null && epochs.size() > 0 && epochs.lastStart() > scan.end()) {
            add(folder, LogFiles.EPOCHS, false, "an epoch begins behind the end");
        }
        summaries.add(
                new Summary(nameOf(folder), segments.size(), records[0], bytes, start, scan.end()));
        return scan.end();
    }

    private void addDamage(Path folder, LogScan.Damage damage) {
        String where = "at byte " + damage.position() + ": " + damage.reason();
        String what =
                damage.to() > damage.from()
                        ? "offsets " + damage.from() + " to " + (damage.to() - 1) + " are damaged "
                        : "bytes that are no batch ";
        Path file = LogFiles.log(folder, damage.segmentBase());
        add(folder, file.getFileName().toString(), true, what + where);
    }

    private void addCrashTail(Path folder, List<Segment> segments, LogScan scan) {
        LogScan.Cut cut = scan.cut();
        if (cut != null) {
            Segment segment = segments.get(cut.segment());
            String file = LogFiles.log(folder, segment.baseOffset()).getFileName().toString();
            long surplus = segment.sizeBytes() - cut.position();
            add(
                    folder,
                    file,
                    false,
                    surplus + " bytes behind the end will be cut off: " + cut.reason());
        }
        for (int i = scan.segmentsKept(); i < segments.size(); i++) {
            Path file = LogFiles.log(folder, segments.get(i).baseOffset());
            add(folder, file.getFileName().toString(), false, "behind the end, will be removed");
        }
    }

    private void add(Path folder, String file, boolean damage, String message) {
        findings.add(new Finding(nameOf(folder), file, damage, message));
    }

    private String nameOf(Path folder) {
        return folder.equals(root) ? "." : root.relativize(folder).toString();
    }
}
