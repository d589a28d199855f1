package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the files of a {@link WriteAheadLog} hold: for each log the batches that may be missing at
 * its end, oldest first. Read once, before any log is opened.
 *
 * <p>A file ends where a round does not check or does not follow the one before it: what comes
 * there was not confirmed, or is left of the last time the file was filled.
 */
final class WriteAheadReplay {

    /** Which log; its topic's name is that of its folder. */
    record Key(UUID topicId, int partition) {}

    private record Rounds(long first, List<Slice> bodies) {}

    private static final int NUMBER_BYTES = 8;

    private WriteAheadReplay() {}

    /** The batches of each log; none where the last stop was clean. */
    static Map<Key, List<Slice>> read(Disk disk, Path folder) throws IOException {
        List<Rounds> found = new ArrayList<>();
        for (Path path : WriteAheadLog.files(folder)) {
            if (disk.exists(path)) {
                found.add(rounds(contentOf(disk, path)));
            }
        }
        found.sort(Comparator.comparingLong(Rounds::first));
        Map<Key, List<Slice>> batches = new LinkedHashMap<>();
        for (Rounds rounds : found) {
            rounds.bodies().forEach(body -> collect(body, batches));
        }
        return batches;
    }

    /** Removes the files; every log must be forced. */
    static void delete(Disk disk, Path folder) throws IOException {
        boolean any = false;
        for (Path path : WriteAheadLog.files(folder)) {
            any |= disk.exists(path);
            disk.delete(path);
        }
        if (any) {
            disk.forceFolder(folder);
        }
    }

    private static byte[] contentOf(Disk disk, Path path) throws IOException {
        try (DiskFile file = disk.open(path)) {
            byte[] content = new byte[Math.toIntExact(file.size())];
            file.read(0, content, 0, content.length);
            return content;
        }
    }

    private static Rounds rounds(byte[] content) {
        List<Slice> bodies = new ArrayList<>();
        long first = 0;
        int at = 0;
        while (isRound(content, at)) {
            long number = Bytes.getLong(content, at + 8);
            if (bodies.isEmpty()) {
                first = number;
            } else if (number != first + bodies.size()) {
                break;
            }
            int length = Bytes.getInt(content, at);
            bodies.add(new Slice(content, at + 8 + NUMBER_BYTES, length - NUMBER_BYTES));
            at += 8 + length;
        }
        return new Rounds(first, bodies);
    }

    private static boolean isRound(byte[] content, int at) {
        if (content.length - at < WriteAheadLog.HEAD_BYTES) {
            return false;
        }
        int length = Bytes.getInt(content, at);
        if (length < NUMBER_BYTES || length > content.length - at - 8) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(content, at + 8, length);
        return (int) crc.getValue() == Bytes.getInt(content, at + 4);
    }

    private static void collect(Slice body, Map<Key, List<Slice>> batches) {
        byte[] bytes = body.bytes();
        int at = body.at();
        int end = at + body.length();
        while (at < end) {
            UUID topicId = new UUID(Bytes.getLong(bytes, at), Bytes.getLong(bytes, at + 8));
            int length = Bytes.getInt(bytes, at + 20);
            at += WriteAheadLog.ENTRY_HEAD_BYTES;
            batches.computeIfAbsent(
                            new Key(topicId, Bytes.getInt(bytes, at - 8)), k -> new ArrayList<>())
                    .add(new Slice(bytes, at, length));
            at += length;
        }
    }
}
