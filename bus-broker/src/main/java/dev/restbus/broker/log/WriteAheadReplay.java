package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a {@link WriteAheadLog} hold: for each log the batches that may be missing at
 * its end, oldest first. Read once, before any log is opened.
 *
 * <p>The rounds of a file are numbered in a row, and those of the other file go on from there. What
 * does not check is what a crash left of the last round, if only lower numbers follow, which are of
 * the last time the file was filled. If a higher number follows, a round was damaged: it is told
 * apart, and those behind it count all the same. Damage of the very last round cannot be told from
 * a crash.
 */
final class WriteAheadReplay {

    /** Which log; its topic's name is that of its folder. */
    record Key(UUID topicId, int partition) {}

    /**
     * A round that was durable and is damaged.
     *
     * @param file its name
     * @param ends where the logs in it ended; null if that cannot be told
     * @param proven whether the round behind it says so; if not, it is what the damaged one says
     */
    record Lost(String file, int position, @Nullable Map<Key, Long> ends, boolean proven) {}

    /** What all files hold. */
    record Found(Map<Key, List<Slice>> batches, List<Lost> lost) {}

    private record Round(long number, int at, int end) {
        /** Where the round behind it begins. */
        int next() {
            return WriteAheadRound.endOfBlock(end);
        }
    }

    /**
     * The rounds of one file that were written since it was last begun.
     *
     * @param rounds ascending, by position and by number; at least one
     */
    private record Filled(String file, byte[] content, List<Round> rounds) {
        long first() {
            return rounds.get(0).number();
        }

        Round last() {
            return rounds.get(rounds.size() - 1);
        }
    }

    private WriteAheadReplay() {}

    /** The batches of each log; none where the last stop was clean. */
    static Found read(Disk disk, Path folder) throws IOException {
        List<Filled> filled = new ArrayList<>();
        for (Path path : WriteAheadLog.files(folder)) {
            if (disk.exists(path)) {
                byte[] content = contentOf(disk, path);
                List<Round> rounds = rounds(content);
                if (!rounds.isEmpty()) {
                    filled.add(new Filled(path.getFileName().toString(), content, rounds));
                }
            }
        }
        filled.sort(Comparator.comparingLong(Filled::first));
        Found found = new Found(new LinkedHashMap<>(), new ArrayList<>());
        for (int i = 0; i < filled.size(); i++) {
            Filled file = filled.get(i);
            findLost(file, i > 0 ? filled.get(i - 1) : null, filled.get(filled.size() - 1), found);
            for (Round round : file.rounds()) {
                int body = entriesAt(file.content(), round.at());
                collect(new Slice(file.content(), body, round.end() - body), found.batches());
            }
        }
        return found;
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

    private static List<Round> rounds(byte[] content) {
        List<Round> rounds = new ArrayList<>();
        Round next = roundAt(content, 0);
        if (next == null) {
            next = behindDamage(content, 0, -1);
        }
        while (next != null) {
            rounds.add(next);
            Round before = next;
            next = roundAt(content, before.next());
            if (next == null) {
                next = behindDamage(content, before.next(), before.number());
            } else if (next.number() != before.number() + 1) {
                next = null;
            }
        }
        return rounds;
    }

    /**
     * The round behind a damaged one: where the damaged one says that it ends, else, as its length
     * may be what is damaged, at any block. A value may look like a round, but not with the number.
     */
    private static @Nullable Round behindDamage(byte[] content, int from, long number) {
        if (from + WriteAheadRound.HEAD_BYTES > content.length) {
            return null;
        }
        int length = Bytes.getInt(content, from);
        if (length > 0 && length < content.length - from - WriteAheadRound.LENGTH_BYTES) {
            Round stated =
                    roundAt(
                            content,
                            WriteAheadRound.endOfBlock(
                                    from + WriteAheadRound.LENGTH_BYTES + length));
            if (stated != null && (number < 0 || stated.number() == number + 2)) {
                return stated;
            }
        }
        int last = Math.min(content.length, from + WriteAheadRound.MAX_BYTES);
        for (int at = from + Disk.BLOCK_BYTES; at <= last; at += Disk.BLOCK_BYTES) {
            Round found = roundAt(content, at);
            if (found != null && (number < 0 || found.number() == number + 2)) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable Round roundAt(byte[] content, int at) {
        if (content.length - at < WriteAheadRound.HEAD_BYTES) {
            return null;
        }
        int length = Bytes.getInt(content, at);
        if (length < WriteAheadRound.HEAD_BYTES - WriteAheadRound.LENGTH_BYTES
                || length > WriteAheadRound.MAX_BYTES
                || length > content.length - at - WriteAheadRound.LENGTH_BYTES) {
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(content, at + WriteAheadRound.LENGTH_BYTES, length);
        return (int) crc.getValue() == Bytes.getInt(content, at + 4)
                ? new Round(
                        Bytes.getLong(content, at + 8),
                        at,
                        at + WriteAheadRound.LENGTH_BYTES + length)
                : null;
    }

    private static void findLost(Filled file, @Nullable Filled before, Filled newest, Found found) {
        Round first = file.rounds().get(0);
        if (before != null && before.last().number() + 1 < first.number() && first.at() == 0) {
            boolean one = before.last().number() + 2 == first.number();
            Lost seen = lost(before, before.last().next(), before.content().length);
            found.lost().add(one ? proven(seen, file, first) : seen);
        }
        if (first.at() > 0 && isDamagedFirst(file, newest)) {
            found.lost().add(proven(lost(file, 0, first.at()), file, first));
        }
        for (int i = 1; i < file.rounds().size(); i++) {
            int at = file.rounds().get(i - 1).next();
            Round round = file.rounds().get(i);
            if (round.at() > at) {
                found.lost().add(proven(lost(file, at, round.at()), file, round));
            }
        }
    }

    /** Nobody fills a round with more logs than the next one has room to name. */
    private static Lost proven(Lost lost, Filled file, Round behind) {
        byte[] content = file.content();
        Map<Key, Long> ends = new HashMap<>();
        int from = behind.at() + WriteAheadRound.HEAD_BYTES;
        for (int at = from; at < entriesAt(content, behind.at()); at += WriteAheadRound.END_BYTES) {
            ends.put(keyAt(content, at), Bytes.getLong(content, at + 20));
        }
        return ends.isEmpty() ? lost : new Lost(lost.file(), lost.position(), ends, true);
    }

    private static int entriesAt(byte[] content, int round) {
        int ends = Bytes.getInt(content, round + WriteAheadRound.HEAD_BYTES - 4);
        return round + WriteAheadRound.HEAD_BYTES + ends * WriteAheadRound.END_BYTES;
    }

    /** If not, a crash left a part of the newest round, and the rest is of the time before. */
    private static boolean isDamagedFirst(Filled file, Filled newest) {
        long stated = Bytes.getLong(file.content(), 8);
        return file == newest
                || stated != newest.last().number() + 1
                        && Long.bitCount(stated ^ (file.first() - 1)) <= 1;
    }

    private static Lost lost(Filled file, int at, int limit) {
        return new Lost(file.file(), at, endsWithin(file.content(), at, limit), false);
    }

    /** What the entries of a damaged round say, if they say something that can be. */
    private static @Nullable Map<Key, Long> endsWithin(byte[] content, int from, int limit) {
        int stated = from + WriteAheadRound.LENGTH_BYTES + Bytes.getInt(content, from);
        int end = stated > from && stated <= limit ? stated : limit;
        Map<Key, Long> ends = new HashMap<>();
        int at = entriesAt(content, from);
        if (at < from || at > end) {
            return null;
        }
        while (at < end) {
            int batch = at + WriteAheadRound.ENTRY_HEAD_BYTES;
            int length = batch > end ? -1 : Bytes.getInt(content, batch - 4);
            if (length < RecordBatch.HEADER_BYTES || length > end - batch) {
                return null;
            }
            int behind = batch + length;
            while (batch < behind) {
                if (behind - batch < RecordBatch.HEADER_BYTES
                        || RecordBatch.sizeBytes(content, batch) < RecordBatch.HEADER_BYTES
                        || RecordBatch.sizeBytes(content, batch) > behind - batch) {
                    return null;
                }
                ends.merge(keyAt(content, at), RecordBatch.nextOffset(content, batch), Math::max);
                batch += RecordBatch.sizeBytes(content, batch);
            }
            at = behind;
        }
        return at == end ? ends : null;
    }

    private static Key keyAt(byte[] bytes, int at) {
        UUID topicId = new UUID(Bytes.getLong(bytes, at), Bytes.getLong(bytes, at + 8));
        return new Key(topicId, Bytes.getInt(bytes, at + 16));
    }

    private static void collect(Slice body, Map<Key, List<Slice>> batches) {
        byte[] bytes = body.bytes();
        int at = body.at();
        int end = at + body.length();
        while (at < end) {
            Key key = keyAt(bytes, at);
            int length = Bytes.getInt(bytes, at + 20);
            at += WriteAheadRound.ENTRY_HEAD_BYTES;
            batches.computeIfAbsent(key, k -> new ArrayList<>()).add(new Slice(bytes, at, length));
            at += length;
        }
    }
}
