package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Single flipped bits in every kind of file of a data folder, however its process ended: no wrong
 * byte is ever served, whoever has damage fails alone, what can be rebuilt is, and the check finds
 * all that is not put in order by the next start.
 */
class PlantedDamageTest {

    /** How the process that had the folder ended. */
    enum Ended {
        CLEAN,
        KILLED,
        POWER_CUT,
        COMPACTING
    }

    private static final long SEED = Long.getLong("restbus.seed", 20_261_121);
    private static final int LONG_SEEDS = 24;
    private static final int FLIPS = 800;
    private static final Path ROOT = Path.of("/data");
    private static final int WRITE_AHEAD_BYTES = 3 * Disk.BLOCK_BYTES;
    private static final int START = 3;
    private static final List<LogId> IDS =
            List.of(
                    new LogId("orders", new UUID(7, 9), 0),
                    new LogId("payments", new UUID(7, 10), 1));

    private long seed = SEED;
    private Random random = new Random(SEED);
    private int newestHit;
    private final int[] ends = new int[IDS.size()];
    private Ended ended = Ended.CLEAN;
    private PowerCutDisk disk = new PowerCutDisk(random);

    @ParameterizedTest(name = "{0}")
    @EnumSource(Ended.class)
    void everyFlippedBitIsFoundAndNoneIsServed(Ended how) throws Exception {
        System.out.println("seed " + seed);
        flipBits(how);
    }

    @Tag("long")
    @ParameterizedTest(name = "{0}")
    @EnumSource(Ended.class)
    void soItIsWithManySeeds(Ended how) throws Exception {
        for (seed = 1; seed <= LONG_SEEDS; seed++) {
            random = new Random(seed);
            newestHit = 0;
            Arrays.fill(ends, 0);
            flipBits(how);
        }
    }

    private void flipBits(Ended how) throws Exception {
        ended = how;
        disk = diskOf(how);
        assertThat(LogCheck.check(disk, ROOT).sound()).isTrue();
        List<Path> files = disk.files();
        assertThat(files).hasSizeGreaterThan(20);
        if (how == Ended.KILLED || how == Ended.POWER_CUT) {
            assertThat(files).containsAll(WriteAheadLog.files(ROOT));
        }
        for (int flip = 0; flip < FLIPS; flip++) {
            Path file = files.get(flip % files.size());
            byte[] damaged = disk.bytes(file);
            if (damaged.length > 0) {
                int position = random.nextInt(damaged.length);
                while (isAhead(file) && damaged[position] == 0) {
                    // Mostly what fills a block behind its round.
                    position = random.nextInt(damaged.length);
                }
                int bit = random.nextInt(8);
                damaged[position] ^= (byte) (1 << bit);
                PowerCutDisk copy = disk.afterKill();
                copy.put(file, damaged);
                String where = ROOT.relativize(file) + " byte " + position + " bit " + bit;
                if (isOfNewestRound(file, position)) {
                    // It looks like what a power cut leaves of a round that was not confirmed.
                    where += ", in the newest round";
                    newestHit++;
                }
                assertFoundAndNotServed(copy, file, flip, "seed " + seed + ": " + where);
            }
        }
        assertThat(newestHit).as("rare").isLessThan(FLIPS / 50);
    }

    private boolean isOfNewestRound(Path file, int position) {
        return isAhead(file)
                && newestRound(file)[0] == newestNumber()
                && position >= newestRound(file)[1]
                && position < newestRound(file)[2];
    }

    private long newestNumber() {
        return WriteAheadLog.files(ROOT).stream().mapToLong(f -> newestRound(f)[0]).max().orElse(0);
    }

    /** Its number, and where it begins and ends. */
    private long[] newestRound(Path file) {
        byte[] bytes = disk.bytes(file);
        long[] newest = new long[3];
        int at = 0;
        while (at == 0 || at < bytes.length - 16 && Bytes.getLong(bytes, at + 8) == newest[0] + 1) {
            int end = at + 8 + Bytes.getInt(bytes, at);
            newest = new long[] {Bytes.getLong(bytes, at + 8), at, end};
            at = WriteAheadRound.endOfBlock(end);
        }
        return newest;
    }

    private PowerCutDisk diskOf(Ended how) throws IOException {
        PowerCutDisk live = new PowerCutDisk(random);
        PowerCutDisk left;
        try (LogDirectory directory = open(live)) {
            fill(directory);
            left = how == Ended.POWER_CUT ? live.afterWorstCut() : live.afterKill();
        }
        if (how == Ended.COMPACTING) {
            addLeftovers(live);
        }
        return how == Ended.CLEAN || how == Ended.COMPACTING ? live.afterKill() : left;
    }

    private static LogDirectory open(Disk disk) {
        return LogDirectory.open(ROOT, disk, WRITE_AHEAD_BYTES, new WriteAheadLogTest.SameThread());
    }

    /** Rounds of one log and of both, some forced alone; the last one is of the last log alone. */
    private void fill(LogDirectory directory) {
        List<FileLog> logs = IDS.stream().map(id -> open(directory, id)).toList();
        for (int step = 0; step < 120; step++) {
            FileLog log = logs.get(random.nextInt(logs.size()));
            append(log);
            if (step % 3 == 0) {
                WriteAheadLogTest.commit(directory, logs);
            } else if (step % 31 == 0) {
                log.force();
            }
            if (step == 60) {
                WriteAheadLogTest.commit(directory, logs);
                logs.get(0).startAt(START);
            }
        }
        for (int step = 0; step < 6; step++) {
            append(logs.get(step % 2));
            WriteAheadLogTest.commit(directory, logs);
        }
    }

    private static FileLog open(LogDirectory directory, LogId id) {
        LogSettings settings = new LogSettings(1_024, 1 << 20, Fsync.GROUP, 0, () -> 0L);
        return directory.open(id, settings);
    }

    private void append(FileLog log) {
        int i = IDS.indexOf(log.id());
        log.append(List.of(LogFixture.batchAt(timestampOf(ends[i]))), epochOf(ends[i]));
        ends[i]++;
    }

    private static long timestampOf(long offset) {
        return 1_000 + 7 * offset;
    }

    private static int epochOf(long offset) {
        return 1 + (int) offset / 20;
    }

    /** What a compaction leaves that was cut off: before it counted, and after. */
    private static void addLeftovers(PowerCutDisk disk) throws IOException {
        Path folder = ROOT.resolve("logs").resolve(IDS.get(0).folderName());
        List<Long> bases = LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX);
        assertThat(bases).hasSizeGreaterThan(3);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(disk.bytes(LogFiles.log(folder, bases.get(0))));
        both.write(disk.bytes(LogFiles.log(folder, bases.get(1))));
        disk.put(new SegmentSwap(bases.get(0), bases.get(2)).swap(folder), both.toByteArray());
        disk.put(SegmentSwap.cleaned(folder, bases.get(2)), both.toByteArray());
        disk.put(folder.resolve(LogFiles.STATE + LogFiles.TEMPORARY_SUFFIX), both.toByteArray());
    }

    private void assertFoundAndNotServed(PowerCutDisk copy, Path file, int flip, String where)
            throws IOException {
        boolean found = !LogCheck.check(copy, ROOT).sound();
        if (file.endsWith(LogDirectory.FORMAT)) {
            assertThat(found).as(where).isTrue();
            assertThatThrownBy(() -> open(copy)).isInstanceOf(IllegalStateException.class);
            return;
        }
        int damaged = 0;
        try (LogDirectory directory = open(copy)) {
            for (LogId id : directory.present()) {
                boolean own = file.getParent().endsWith(id.folderName());
                int here = damagedOffsets(open(directory, id), flip, where);
                if (!isAhead(file)) {
                    assertThat(here).as(where).isLessThanOrEqualTo(own && isLog(file) ? 1 : 0);
                }
                damaged += here;
            }
        }
        if (where.endsWith("newest round")) {
            assertThat(damaged).as(where).isLessThanOrEqualTo(1);
            return;
        }
        assertThat(found || damaged == 0 && ended != Ended.CLEAN).as(where).isTrue();
        boolean after = LogCheck.check(copy, ROOT).sound();
        if (damaged > 0 || !isLog(file)) {
            // What lies below the start of the log is damaged, and nobody reads it.
            assertThat(after).as(where).isEqualTo(damaged == 0);
        }
    }

    private static boolean isAhead(Path file) {
        return WriteAheadLog.files(ROOT).contains(file);
    }

    private static boolean isLog(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(LogFiles.LOG_SUFFIX) || name.endsWith(".swap");
    }

    /** Reads everything; returns how many offsets cannot be read. */
    private int damagedOffsets(FileLog log, int flip, String where) {
        int i = IDS.indexOf(log.id());
        if (ended != Ended.POWER_CUT) {
            assertThat(log.logEnd()).as(where).isEqualTo(ends[i]);
        } else {
            assertThat(log.logEnd()).as(where).isLessThanOrEqualTo(ends[i]);
        }
        List<Long> damaged = new ArrayList<>();
        long offset = log.logStart();
        int maxBytes = flip % 10 == 0 ? 1 : 700;
        while (offset < log.logEnd()) {
            try {
                offset = checkAll(log.read(offset, maxBytes, log.logEnd()), offset, where);
            } catch (BusException e) {
                assertThat(e.problem().code()).as(where).isEqualTo(ProblemCode.CORRUPT_RECORD);
                damaged.add(offset);
                offset++;
            }
        }
        checkTimes(log, flip, where);
        return damaged.size() + (int) (ends[i] - log.logEnd());
    }

    /** Beyond the last one as well, so that every index is asked. */
    private static void checkTimes(FileLog log, int flip, String where) {
        long end = log.logEnd();
        long some = log.logStart() + flip % (end - log.logStart());
        for (long offset : new long[] {some, end}) {
            try {
                long found = log.firstAt(timestampOf(offset), end);
                assertThat(found).as(where).isEqualTo(offset);
            } catch (BusException e) {
                assertThat(e.problem().code()).as(where).isEqualTo(ProblemCode.CORRUPT_RECORD);
            }
        }
    }

    private static long checkAll(PartitionLog.LogSlice slice, long from, String where) {
        RecordReader reader = new RecordReader();
        long expected = from;
        assertThat(slice.length()).as(where).isPositive();
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
            reader.over(slice.bytes(), at);
            while (reader.next()) {
                assertThat(reader.offset()).as(where).isEqualTo(expected);
                assertThat(reader.timestampMs()).as(where).isEqualTo(timestampOf(expected));
                assertThat(reader.value().text())
                        .as(where)
                        .isEqualTo("at " + timestampOf(expected));
                assertThat(RecordBatch.leaderEpoch(slice.bytes(), at))
                        .as(where)
                        .isEqualTo(epochOf(expected));
                expected++;
            }
        }
        return expected;
    }
}
