package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batchAt;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The first record at or after a time is found, whatever order the timestamps have. */
class TimeIndexTest {

    @TempDir Path temp;

    private final FaultyDisk disk = FaultyDisk.thatOnlyNotesForces();
    private final List<Long> timestamps = new ArrayList<>();

    private FileLog open(Path folder, int segmentBytes) {
        return FileLog.open(disk, folder, ID, LogSettings.DEFAULT.withSegmentBytes(segmentBytes));
    }

    private void append(FileLog log, long... timestampsMs) {
        log.append(List.of(batchAt(timestampsMs)), 1);
        for (long timestampMs : timestampsMs) {
            timestamps.add(timestampMs);
        }
    }

    private void assertFinds(FileLog log, long timestampMs, long endOffset) {
        long expected = endOffset;
        for (long offset = log.logStart(); offset < endOffset && expected == endOffset; offset++) {
            expected = timestamps.get((int) offset) >= timestampMs ? offset : endOffset;
        }
        assertThat(log.firstAt(timestampMs, endOffset))
                .as("first at %d of %d", timestampMs, endOffset)
                .isEqualTo(expected);
    }

    @Test
    void itIsTheFirstInTheLogNotTheFirstInTime() {
        try (FileLog log = open(temp.resolve("log"), 1024)) {
            append(log, 100, 300, 200);
            append(log, 150);
            append(log, 400, 250);
            log.force();
            assertThat(log.firstAt(Long.MIN_VALUE, 6)).isZero();
            assertThat(log.firstAt(100, 6)).isZero();
            assertThat(log.firstAt(101, 6)).isEqualTo(1);
            assertThat(log.firstAt(300, 6)).isEqualTo(1);
            assertThat(log.firstAt(301, 6)).isEqualTo(4);
            assertThat(log.firstAt(401, 6)).isEqualTo(6);
            assertThat(log.firstAt(301, 4)).isEqualTo(4);
            log.startAt(2);
            assertThat(log.firstAt(100, 6)).isEqualTo(2);
            assertThat(log.firstAt(201, 6)).isEqualTo(4);
        }
    }

    @Test
    void anEmptyLogHasNothing() {
        try (FileLog log = open(temp.resolve("log"), 1024)) {
            assertThat(log.firstAt(0, 0)).isZero();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void itFindsWhatALinearSearchFinds(long seed) throws Exception {
        Random random = new Random(seed);
        int segmentBytes = random.nextBoolean() ? 4_000 : 300_000;
        Path folder = temp.resolve("log");
        FileLog log = open(folder, segmentBytes);
        long nowMs = 1_000_000;
        for (int step = 0; step < 60; step++) {
            switch (random.nextInt(10)) {
                case 0:
                    log.close();
                    LogFixture.assertSound(folder);
                    log = open(folder, segmentBytes);
                    break;
                case 1:
                    Path crashed = temp.resolve("crash-" + step);
                    LogFixture.copyFolder(folder, crashed);
                    log.close();
                    folder = crashed;
                    log = open(folder, segmentBytes);
                    break;
                case 2:
                    log.startAt(Math.min(log.durableEnd(), log.logStart() + random.nextInt(3)));
                    break;
                case 3:
                    nowMs -= random.nextInt(100_000);
                    break;
                default:
                    for (int b = random.nextInt(150); b > 0; b--) {
                        long[] batch = new long[1 + random.nextInt(5)];
                        for (int i = 0; i < batch.length; i++) {
                            nowMs += random.nextInt(100);
                            batch[i] = nowMs - random.nextInt(1_000);
                        }
                        append(log, batch);
                    }
                    log.force();
            }
            for (int look = 0; look < 10; look++) {
                assertFinds(log, nowMs - random.nextInt(200_000) + 2_000, log.logEnd());
            }
        }
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void aMissingOrDamagedFileIsRebuiltAndWrittenAgain() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, 100_000)) {
            for (int i = 0; i < 5_000; i++) {
                append(log, 10L * i);
            }
        }
        Path file = LogFiles.times(folder, 0);
        long size = Files.size(file);
        assertThat(size).isGreaterThan(36);
        for (long position = -1; position < size; position++) {
            if (position < 0) {
                Files.delete(file);
                LogFixture.assertUndamaged(folder);
            } else {
                LogFixture.flipBit(file, position, 3);
                assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).isFalse();
            }
            try (FileLog log = open(folder, 100_000)) {
                assertThat(log.firstAt(3_005, 5_000)).isEqualTo(301);
            }
            LogFixture.assertSound(folder);
        }
    }

    @Test
    void aLogWithoutTimeIndexesGetsThem() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, 2_000)) {
            for (int i = 0; i < 100; i++) {
                append(log, 10L * i);
            }
        }
        for (long base : LogFiles.baseOffsets(disk, folder, LogFiles.TIMES_SUFFIX)) {
            Files.delete(LogFiles.times(folder, base));
        }
        try (FileLog log = open(folder, 2_000)) {
            for (int i = 0; i < 100; i++) {
                assertThat(log.firstAt(10L * i - 9, 100)).isEqualTo(i);
            }
        }
        LogFixture.assertSound(folder);
    }

    @Test
    void anEntryThatIsWrongIsFoundByTheCheck() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, 2_000)) {
            append(log, 1_000);
        }
        TimeIndex wrong = new TimeIndex();
        wrong.offer(999, 1, 100);
        wrong.writeTo(disk, LogFiles.times(folder, 0), Files.size(LogFiles.log(folder, 0)), 1);
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder);
        assertThat(report.sound()).isFalse();
        assertThat(report.findings().get(0).message()).contains("not as the batches say");
    }

    @Test
    void entriesAreSparseAndSearchedByTime() {
        TimeIndex index = new TimeIndex();
        for (int i = 1; i <= 1_000; i++) {
            index.offer(i % 7 == 0 ? 0 : i, i, 1_000L * i);
        }
        assertThat(index.count()).isBetween(25, 31);
        assertThat(index.maxTimestampMs()).isEqualTo(1_000);
        for (long timestampMs = 0; timestampMs <= 1_001; timestampMs++) {
            long start = index.startFor(timestampMs, 0);
            assertThat(start).isBetween(Math.max(0, timestampMs - 36), Math.max(0, timestampMs));
        }
        TimeIndex part = index.upTo(500);
        assertThat(part.coveredEnd(-1)).isBetween(467L, 500L);
        assertThat(part.maxTimestampMs()).isBetween(466L, 500L);
    }
}
