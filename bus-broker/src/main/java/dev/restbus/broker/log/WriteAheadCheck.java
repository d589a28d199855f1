package dev.restbus.broker.log;

import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares the write-ahead log of a data folder with the ends of the logs, while nothing is open:
 * {@link #log} for each log, then {@link #finish}. What a damaged round held and the logs' own
 * files have is no loss. Used once, by one thread.
 */
final class WriteAheadCheck {

    private record End(String log, long offset) {}

    private final WriteAheadReplay.Found found;
    private final Map<WriteAheadReplay.Key, End> ends = new HashMap<>();

    WriteAheadCheck(Disk disk, Path root) throws IOException {
        found = WriteAheadReplay.read(disk, root);
    }

    /** Tells where a log ends by its own files. */
    void log(String name, LogId id, long end) {
        ends.put(new WriteAheadReplay.Key(id.topicId(), id.partition()), new End(name, end));
    }

    /**
     * Says what is wrong.
     *
     * @param root hears of the files of the write-ahead log
     * @param logs hears of the logs, each by its name
     */
    void finish(IndexCheck.Notes root, IndexCheck.Notes logs) {
        for (Map.Entry<WriteAheadReplay.Key, List<Slice>> entry : found.batches().entrySet()) {
            End end = ends.get(entry.getKey());
            if (end != null) {
                ends.put(entry.getKey(), new End(end.log(), walk(end, entry.getValue(), logs)));
            }
        }
        for (WriteAheadReplay.Lost lost : found.lost()) {
            boolean held = isHeld(lost);
            String where = "the round at byte " + lost.position() + " is damaged";
            root.add(lost.file(), !held, held ? where + "; the logs hold what was in it" : where);
        }
    }

    private static long walk(End end, List<Slice> batches, IndexCheck.Notes logs) {
        long next = end.offset();
        for (Slice each : batches) {
            byte[] bytes = each.bytes();
            int limit = each.at() + each.length();
            for (int at = each.at(); at < limit; at += RecordBatch.sizeBytes(bytes, at)) {
                long base = RecordBatch.baseOffset(bytes, at);
                if (base > next) {
                    String offsets = "offsets " + next + " to " + (base - 1);
                    logs.add(end.log(), true, offsets + " are missing in the write-ahead log");
                }
                next = Math.max(next, RecordBatch.nextOffset(bytes, at));
            }
        }
        return next;
    }

    private boolean isHeld(WriteAheadReplay.Lost lost) {
        Map<WriteAheadReplay.Key, Long> held = lost.ends();
        if (held == null) {
            return false;
        }
        return held.entrySet().stream()
                .allMatch(
                        entry -> {
                            End end = ends.get(entry.getKey());
                            return end != null && end.offset() >= entry.getValue();
                        });
    }
}
