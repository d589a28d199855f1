package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.keyed;
import static dev.restbus.broker.log.LogFixture.keyedRecords;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power goes at each call to the disk that a compaction makes, and at each of the recovery
 * behind it: what is left is the old log or the new one, and looks sound.
 */
class CompactionPowerCutTest {

    private static final Path FOLDER = Path.of("/data/log");
    private static final int RECORDS = 90;

    private static final LogSettings SMALL =
            new LogSettings(1024, 1 << 20, Fsync.GROUP, 0, () -> 0L)
                    .withRetention(new Retention(-1, -1, Long.MAX_VALUE, 1_000));

    /** So that several of the segments that were written become one. */
    private static final LogSettings LARGER = SMALL.withSegmentBytes(3_000);

    private static FileLog open(PowerCutDisk disk) {
        return FileLog.open(disk, FOLDER, ID, LARGER);
    }

    private static String key(int offset) {
        return offset % 3 == 0 ? "k" + offset : "k" + offset % 5;
    }

    private static FileLog written(PowerCutDisk disk) {
        FileLog log = FileLog.open(disk, FOLDER, ID, SMALL);
        for (int i = 0; i < RECORDS; i++) {
            log.append(List.of(keyed(key(i) + "=" + i)), 1 + i / 40);
        }
        log.force();
        log.configure(LARGER);
        return log;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void aCutAtAnyCallLeavesTheOldOrTheNew(long seed) throws Exception {
        Random random = new Random(seed);
        int calls = 0;
        boolean done = false;
        while (!done) {
            PowerCutDisk disk = new PowerCutDisk(random);
            FileLog log = written(disk);
            int written = log.segments().all().length;
            disk.callsLeft = calls;
            try {
                log.clean(RECORDS, () -> false);
                assertThat(log.segments().all()).hasSizeLessThan(written);
                done = true;
            } catch (PowerCutDisk.NoPower e) {
                disk = disk.afterCut();
            }
            disk = cutRecoveries(disk, random, "seed " + seed + " call " + calls);
            disk.callsLeft = Long.MAX_VALUE;
            FileLog again = open(disk);
            again.clean(RECORDS, () -> false);
            assertThat(keyedRecords(again).size()).isLessThan(RECORDS);
            assertAllNewestAreThere(again, "seed " + seed + " call " + calls);
            again.close();
            assertUndamaged(disk, "seed " + seed + " call " + calls);
            calls++;
        }
        assertThat(calls).as("calls of a compaction").isGreaterThan(15);
    }

    private static PowerCutDisk cutRecoveries(PowerCutDisk cut, Random random, String when)
            throws IOException {
        PowerCutDisk disk = cut;
        for (int again = 0; again < 3; again++) {
            disk.callsLeft = Long.MAX_VALUE;
            assertUndamaged(disk, when);
            disk.callsLeft = random.nextInt(12);
            try {
                FileLog log = open(disk);
                disk.callsLeft = Long.MAX_VALUE;
                assertAllNewestAreThere(log, when);
            } catch (PowerCutDisk.NoPower e) {
                disk.callsLeft = Long.MAX_VALUE;
            }
            disk = disk.afterCut();
        }
        return disk;
    }

    private static void assertAllNewestAreThere(FileLog log, String when) {
        assertThat(log.logEnd()).as(when).isEqualTo(RECORDS);
        Map<String, Integer> newest = new TreeMap<>();
        for (int i = 0; i < RECORDS; i++) {
            newest.put(key(i), i);
        }
        TreeMap<Long, String> read = keyedRecords(log);
        read.forEach(
                (offset, record) ->
                        assertThat(record)
                                .as(when)
                                .isEqualTo(key(offset.intValue()) + "=" + offset));
        newest.values().forEach(offset -> assertThat(read).as(when).containsKey((long) offset));
    }

    private static void assertUndamaged(PowerCutDisk disk, String when) throws IOException {
        LogCheck.Report report = LogCheck.checkLog(disk, FOLDER);
        assertThat(report.findings().stream().filter(LogCheck.Finding::damage)).as(when).isEmpty();
        assertThat(report.logs().get(0).end()).as(when).isEqualTo(RECORDS);
    }
}
