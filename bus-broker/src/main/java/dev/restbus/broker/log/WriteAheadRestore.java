package dev.restbus.broker.log;

import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Gives each log of a data folder back what was durable only in the write-ahead log, and tells what
 * of that is damaged. Where a damaged round leaves a gap, its offsets stay taken: they are damaged
 * records, and what came behind them is kept. Used once, before any log is opened.
 */
final class WriteAheadRestore {

    private static final System.Logger LOG = System.getLogger(WriteAheadRestore.class.getName());

    private final Disk disk;
    private final Path logs;

    private WriteAheadRestore(Disk disk, Path logs) {
        this.disk = disk;
        this.logs = logs;
    }

    /**
     * Restores the logs, then removes the files.
     *
     * @param root the data folder, with the files
     * @param logs the folder that holds the logs
     * @param present the logs in it, which takes long where there are many
     */
    static void run(Disk disk, Path root, Path logs, Supplier<List<LogId>> present)
            throws IOException {
        WriteAheadReplay.Found found = WriteAheadReplay.read(disk, root);
        for (WriteAheadReplay.Lost lost : found.lost()) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "{0} of {1} is damaged at byte {2}: a round that was durable is lost from it",
                    lost.file(),
                    root,
                    Integer.toString(lost.position()));
        }
        WriteAheadRestore restore = new WriteAheadRestore(disk, logs);
        for (LogId id : found.batches().isEmpty() ? List.<LogId>of() : present.get()) {
            WriteAheadReplay.Key key = new WriteAheadReplay.Key(id.topicId(), id.partition());
            long provenEnd = provenEnd(found.lost(), key);
            List<Slice> own = found.batches().getOrDefault(key, List.of());
            if (provenEnd > 0 || !own.isEmpty()) {
                restore.restore(id, own, provenEnd);
            }
        }
        WriteAheadReplay.delete(disk, root);
    }

    /** Where the log surely ended in the rounds that are lost; 0 if none says. */
    private static long provenEnd(List<WriteAheadReplay.Lost> lost, WriteAheadReplay.Key key) {
        long end = 0;
        for (WriteAheadReplay.Lost round : lost) {
            Map<WriteAheadReplay.Key, Long> ends = round.ends();
            if (round.proven() && ends != null) {
                end = Math.max(end, ends.getOrDefault(key, 0L));
            }
        }
        return end;
    }

    private void restore(LogId id, List<Slice> batches, long provenEnd) throws IOException {
        int next = 0;
        long end;
        do {
            try (FileLog log = open(id)) {
                next = restoreFrom(next, log, batches);
                end = log.logEnd();
            }
            if (next < batches.size()) {
                Slice behind = batches.get(next);
                leaveGap(id, end, RecordBatch.baseOffset(behind.bytes(), behind.at()));
            }
        } while (next < batches.size());
        if (end < provenEnd) {
            leaveGap(id, end, provenEnd);
        }
    }

    private FileLog open(LogId id) {
        return FileLog.open(disk, logs.resolve(id.folderName()), id, LogSettings.DEFAULT);
    }

    /** Returns which batches are the first behind a gap. */
    private static int restoreFrom(int first, FileLog log, List<Slice> batches) {
        long before = log.logEnd();
        int next = first;
        while (next < batches.size() && log.restore(batches.get(next))) {
            next++;
        }
        log.force();
        if (log.logEnd() > before) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: offsets {1} to {2} come from the write-ahead log",
                    log.id(),
                    Long.toString(before),
                    Long.toString(log.logEnd() - 1));
        }
        return next;
    }

    /** Of a closed log: with a recovery point behind its end, what is missing counts as damage. */
    private void leaveGap(LogId id, long from, long to) throws IOException {
        LOG.log(
                System.Logger.Level.ERROR,
                "{0}: offsets {1} to {2} were only in the write-ahead log, which is damaged there",
                id,
                Long.toString(from),
                Long.toString(to - 1));
        try (RecoveryPoint point = RecoveryPoint.open(disk, logs.resolve(id.folderName()))) {
            point.write(to);
        }
    }
}
