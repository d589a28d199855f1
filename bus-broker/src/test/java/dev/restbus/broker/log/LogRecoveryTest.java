package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.values;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash is played by copying the folder of an open log: nothing was closed in the copy. */
class LogRecoveryTest {

    private static final LogSettings LARGE = LogSettings.DEFAULT;
    private static final LogSettings SMALL = LogSettings.DEFAULT.withSegmentBytes(1024);

    @TempDir Path temp;
    private int crashes;

    private static FileLog open(Path folder, LogSettings settings) {
        return FileLog.open(FaultyDisk.thatOnlyNotesForces(), folder, ID, settings);
    }

    private static void append(FileLog log, int from, int to) {
        for (int i = from; i < to; i++) {
            log.append(List.of(batch("value-" + i)), 1);
        }
    }

    private Path crashed(Path folder) {
        Path copy = temp.resolve("crash-" + crashes++);
        LogFixture.copyFolder(folder, copy);
        return copy;
    }

    private static void cut(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    private static void addBytes(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes, StandardOpenOption.APPEND);
    }

    /** Opens what is there, compares, goes on writing, and proves it sound. */
    private static void assertRecovers(Path folder, LogSettings settings, int expected)
            throws IOException {
        LogFixture.assertUndamaged(folder);
        try (FileLog log = open(folder, settings)) {
            assertThat(log.logEnd()).isEqualTo(expected);
            assertThat(log.durableEnd()).isEqualTo(expected);
            assertThat(values(log)).isEqualTo(words("value-", 0, expected));
            append(log, expected, expected + 3);
            assertThat(values(log)).isEqualTo(words("value-", 0, expected + 3));
        }
        LogFixture.assertSound(folder);
        try (FileLog log = open(folder, settings)) {
            assertThat(values(log)).isEqualTo(words("value-", 0, expected + 3));
        }
    }

    @Test
    void aCutAtEveryByteOfTheLastThreeBatchesKeepsAllWholeBatches() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 10);
            Path source = crashed(folder);
            Path file = LogFixture.logFile(source, 0);
            long size = Files.size(file);
            int batchBytes = (int) size / 10;
            assertThat(batchBytes * 10L).isEqualTo(size);
            for (long at = size; at >= size - 3L * batchBytes; at--) {
                Path folderAtCut = crashed(source);
                cut(LogFixture.logFile(folderAtCut, 0), at);
                assertRecovers(folderAtCut, LARGE, (int) (at / batchBytes));
            }
        }
    }

    @Test
    void aTornTailOfGarbageZerosOrAFlippedBitIsCutOff() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 10);
            for (byte[] tail :
                    List.of(new byte[1], new byte[5000], "garbage ".repeat(50).getBytes())) {
                Path crash = crashed(folder);
                addBytes(LogFixture.logFile(crash, 0), tail);
                assertRecovers(crash, LARGE, 10);
            }
            Path file = LogFixture.logFile(folder, 0);
            long batchBytes = Files.size(file) / 10;
            for (int at : List.of(0, 7, 8, 11, 12, 15, 16, 17, 21, 26, 57, 65)) {
                Path crash = crashed(folder);
                LogFixture.flipBit(LogFixture.logFile(crash, 0), 8 * batchBytes + at, 3);
                assertRecovers(crash, LARGE, 8);
            }
        }
    }

    @Test
    void staleBytesOfTheSameFormatBehindTheEndAreCutOff() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 10);
            Path crash = crashed(folder);
            Slice stale = batch("stale");
            RecordBatch.place(stale.bytes(), 0, 4, 1);
            addBytes(LogFixture.logFile(crash, 0), stale.bytes());
            assertRecovers(crash, LARGE, 10);

            Path otherEpoch = crashed(folder);
            RecordBatch.place(stale.bytes(), 0, 10, 2);
            addBytes(LogFixture.logFile(otherEpoch, 0), stale.bytes());
            assertRecovers(otherEpoch, LARGE, 10);
        }
    }

    @Test
    void aCrashAtAnyPointOfARollLosesNothingThatWasWritten() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            for (int i = 0; i < 60; i++) {
                append(log, i, i + 1);
                if (i % 7 == 0) {
                    log.force();
                }
                assertRecovers(crashed(folder), SMALL, i + 1);
            }
        }
    }

    @Test
    void anEmptyLastSegmentIsUsedOn() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            append(log, 0, 30);
            log.force();
            Path crash = crashed(folder);
            Files.createFile(LogFixture.logFile(crash, 30));
            assertRecovers(crash, SMALL, 30);
        }
    }

    @Test
    void segmentsBehindATornOneAreRemoved() throws Exception {
        Path folder = temp.resolve("log");
        LogSettings neverMoves = new LogSettings(1024, 1 << 20, Fsync.GROUP, 1_000, () -> 0L);
        try (FileLog log = open(folder, neverMoves)) {
            append(log, 0, 50);
            Path crash = crashed(folder);
            List<Long> bases = LogFiles.baseOffsets(new FileDisk(), crash, LogFiles.LOG_SUFFIX);
            assertThat(bases).hasSizeGreaterThan(3);
            Path second = LogFixture.logFile(crash, bases.get(1));
            cut(second, Files.size(second) - 1);
            FaultyDisk disk = new FaultyDisk();
            FileLog recovered = FileLog.open(disk, crash, ID, SMALL);
            assertThat(disk.calls).contains("force folder");
            recovered.close();
            assertRecovers(crash, SMALL, bases.get(2).intValue() - 1);
        }
    }

    @Test
    void damageBelowTheRecoveryPointIsKeptAndOnlyItsOffsetsFail() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 10);
        }
        long batchBytes = Files.size(LogFixture.logFile(folder, 0)) / 10;
        for (int damaged : List.of(0, 4, 9)) {
            for (int at : List.of(0, 7, 8, 11, 12, 15, 16, 17, 21, 26, 57, 65)) {
                Path crash = crashed(folder);
                LogFixture.flipBit(LogFixture.logFile(crash, 0), damaged * batchBytes + at, 2);
                assertOnlyThisOffsetFails(crash, damaged);
            }
        }
    }

    private static void assertOnlyThisOffsetFails(Path folder, int damaged) throws IOException {
        assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).isFalse();
        for (int round = 0; round < 2; round++) {
            int before = 10 + round;
            try (FileLog log = open(folder, LARGE)) {
                assertThat(log.logEnd()).isEqualTo(before);
                append(log, before, before + 1);
                for (int offset = 0; offset <= before; offset++) {
                    long wanted = offset;
                    if (offset == damaged) {
                        assertProblem(
                                ProblemCode.CORRUPT_RECORD,
                                () -> log.read(wanted, 1 << 20, log.logEnd()));
                    } else {
                        List<String> read = new ArrayList<>();
                        LogFixture.addValues(log.read(offset, 1 << 20, log.logEnd()), offset, read);
                        assertThat(read.get(0)).isEqualTo("value-" + offset);
                        assertThat(read).doesNotContain("value-" + damaged);
                    }
                }
            }
            assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).isFalse();
        }
    }

    @Test
    void damageAcrossTheRecoveryPointEndsTheLogThere() throws Exception {
        Path folder = temp.resolve("log");
        LogSettings eachForce = new LogSettings(1 << 20, 1 << 20, Fsync.GROUP, 0, () -> 0L);
        try (FileLog log = open(folder, eachForce)) {
            append(log, 0, 5);
            log.force();
            append(log, 5, 10);
            Path crash = crashed(folder);
            Path file = LogFixture.logFile(crash, 0);
            long batchBytes = Files.size(file) / 10;
            LogFixture.flipBit(file, 4 * batchBytes + RecordBatch.LENGTH_AT + 3, 1);
            LogFixture.flipBit(file, 5 * batchBytes + RecordBatch.MAGIC_AT, 1);

            assertThat(LogCheck.checkLog(new FileDisk(), crash).sound()).isFalse();
            for (int end = 5; end < 8; end++) {
                try (FileLog recovered = open(crash, LARGE)) {
                    assertThat(recovered.logEnd()).isEqualTo(end);
                    List<String> third = new ArrayList<>();
                    LogFixture.addValues(recovered.read(3, 1 << 20, end), 3, third);
                    assertThat(third).containsExactly("value-3");
                    fail500(recovered, 4);
                    append(recovered, end, end + 1);
                    assertThat(values(recovered, 5, 100)).isEqualTo(words("value-", 5, end + 1));
                }
            }
            assertThat(LogCheck.checkLog(new FileDisk(), crash).findings())
                    .hasSize(1)
                    .allMatch(LogCheck.Finding::damage)
                    .allMatch(finding -> finding.message().contains("offsets 4 to 4 "));
        }
    }

    @Test
    void aFileThatEndsBelowTheRecoveryPointNeverGivesItsOffsetsAway() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 10);
        }
        Path file = LogFixture.logFile(folder, 0);
        cut(file, Files.size(file) / 2 + 3);
        assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).isFalse();

        for (int end = 10; end < 13; end++) {
            try (FileLog log = open(folder, LARGE)) {
                assertThat(log.logEnd()).isEqualTo(end);
                List<String> before = new ArrayList<>();
                LogFixture.addValues(log.read(0, 1 << 20, end), 0, before);
                assertThat(before).isEqualTo(words("value-", 0, 5));
                fail500(log, 5);
                fail500(log, 9);
                append(log, end, end + 1);
                assertThat(values(log, 10, 1 << 20)).isEqualTo(words("value-", 10, end + 1));
            }
        }
    }

    private static void fail500(FileLog log, long offset) {
        assertProblem(ProblemCode.CORRUPT_RECORD, () -> log.read(offset, 1 << 20, log.logEnd()));
    }

    @Test
    void aLostSegmentOrAllOfThemLeaveAHoleAndNothingIsReused() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            append(log, 0, 50);
        }
        List<Long> bases = LogFiles.baseOffsets(new FileDisk(), folder, LogFiles.LOG_SUFFIX);
        for (int lost = 0; lost < bases.size(); lost++) {
            Path crash = crashed(folder);
            Files.delete(LogFixture.logFile(crash, bases.get(lost)));
            assertThat(LogCheck.checkLog(new FileDisk(), crash).sound()).isFalse();
            try (FileLog log = open(crash, SMALL)) {
                assertThat(log.logEnd()).isEqualTo(50);
                fail500(log, bases.get(lost));
                append(log, 50, 51);
                assertThat(values(log, 50, 100)).containsExactly("value-50");
            }
        }
        Path crash = crashed(folder);
        for (long base : bases) {
            Files.delete(LogFixture.logFile(crash, base));
        }
        try (FileLog log = open(crash, SMALL)) {
            assertThat(log.append(List.of(batch("next")), 1)).isEqualTo(50);
            fail500(log, 0);
        }
    }

    @Test
    void aLostRecoveryPointDropsNothingThatCanBeRead() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            append(log, 0, 50);
        }
        Files.delete(folder.resolve(LogFiles.RECOVERY_POINT));
        assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).isFalse();
        LogFixture.flipBit(LogFixture.logFile(folder, 0), 70, 1);

        try (FileLog log = open(folder, SMALL)) {
            assertThat(log.logEnd()).isEqualTo(50);
            fail500(log, 0);
            assertThat(values(log, 1, 400)).isEqualTo(words("value-", 1, 50));
        }
    }

    @Test
    void oneDamagedSlotOfTheRecoveryPointIsFoundAndMended() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            append(log, 0, 5);
        }
        for (long position : List.of(0L, 12L, 4095L, 4096L, 4096L + 9, 8191L)) {
            Path crash = crashed(folder);
            LogFixture.flipBit(crash.resolve(LogFiles.RECOVERY_POINT), position, 5);
            assertThat(LogCheck.checkLog(new FileDisk(), crash).sound()).isFalse();
            open(crash, SMALL).close();
            LogFixture.assertSound(crash);
        }
    }

    @Test
    void aDamagedEpochFileIsRebuiltFromTheBatches() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, SMALL)) {
            log.append(List.of(batch("value-0")), 2);
            log.append(List.of(batch("value-1"), batch("value-2")), 5);
        }
        for (int position = 0; position < Files.size(folder.resolve(LogFiles.EPOCHS)); position++) {
            Path crash = crashed(folder);
            LogFixture.flipBit(crash.resolve(LogFiles.EPOCHS), position, 0);
            assertThat(LogCheck.checkLog(new FileDisk(), crash).sound()).isFalse();
            try (FileLog log = open(crash, SMALL)) {
                assertThat(log.lastEpoch()).isEqualTo(5);
                assertThat(values(log)).isEqualTo(words("value-", 0, 3));
            }
            LogFixture.assertSound(crash);
        }
    }

    @Test
    void epochsThatBeginBehindACutEndAreDropped() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 4);
            log.append(List.of(batch("value-4")), 7);
            log.append(List.of(batch("value-5")), 9);
            Path crash = crashed(folder);
            Path file = LogFixture.logFile(crash, 0);
            cut(file, Files.size(file) / 6 * 3);
            try (FileLog recovered = open(crash, LARGE)) {
                assertThat(recovered.lastEpoch()).isEqualTo(1);
                recovered.append(List.of(batch("value-3")), 2);
                assertThat(recovered.lastEpoch()).isEqualTo(2);
            }
            LogFixture.assertSound(crash);
        }
    }

    @Test
    void aDamagedOrMissingIndexIsFoundAndRebuilt() throws Exception {
        Path folder = temp.resolve("log");
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(20_000);
        try (FileLog log = open(folder, settings)) {
            append(log, 0, 1_000);
        }
        Path index = LogFiles.index(folder, 0);
        for (long position = 0; position < Files.size(index); position++) {
            Path crash = crashed(folder);
            LogFixture.flipBit(LogFiles.index(crash, 0), position, 1);
            assertThat(LogCheck.checkLog(new FileDisk(), crash).sound()).isFalse();
            try (FileLog log = open(crash, settings)) {
                assertThat(values(log, 200, 100).get(0)).isEqualTo("value-200");
            }
            LogFixture.assertSound(crash);
        }
        Files.delete(index);
        LogFixture.assertUndamaged(folder);
        try (FileLog log = open(folder, settings)) {
            assertThat(values(log)).isEqualTo(words("value-", 0, 1_000));
        }
        LogFixture.assertSound(folder);
    }

    @Test
    void aFolderWhoseCreationWasCutOffBeginsAnew() throws Exception {
        Path folder = temp.resolve("log");
        open(folder, SMALL).close();
        for (String missing :
                List.of(LogFiles.EPOCHS, LogFiles.RECOVERY_POINT, "00000000000000000000.log")) {
            Path crash = crashed(folder);
            Files.delete(crash.resolve(missing));
            Files.delete(crash.resolve(LogFiles.IDENTITY));
            assertRecovers(crash, SMALL, 0);
        }
    }

    @Test
    void aValueThatIsItselfABatchIsNeverTakenForOne() throws Exception {
        Path folder = temp.resolve("log");
        Slice inner = batch("inner");
        RecordBatch.place(inner.bytes(), 0, 2, 1);
        try (FileLog log = open(folder, LARGE)) {
            append(log, 0, 1);
            dev.restbus.api.batch.BatchBuilder builder =
                    new dev.restbus.api.batch.BatchBuilder(256);
            builder.begin();
            builder.append(1, null, inner, new dev.restbus.api.batch.RecordHeaders());
            int size = builder.finish(0);
            log.append(List.of(new Slice(builder.bytes(), 0, size)), 1);
            append(log, 2, 4);
        }
        long innerBatchAt = batch("value-0").length();
        LogFixture.flipBit(LogFixture.logFile(folder, 0), innerBatchAt + 9, 6);
        try (FileLog log = open(folder, LARGE)) {
            fail500(log, 1);
            assertThat(values(log, 2, 1)).isEqualTo(words("value-", 2, 4));
        }
    }

    /**
     * Where the index has to be rebuilt, nobody knows of which time it was. Large enough that it
     * has one.
     */
    @Test
    void aDamagedRecordIsNotPassedOverByTime() throws Exception {
        Path folder = temp.resolve("log");
        try (FileLog log = open(folder, LARGE)) {
            log.append(List.of(batch("x".repeat(1 << 20))), 1);
        }
        Path file = LogFixture.logFile(folder, 0);
        LogFixture.flipBit(file, Files.size(file) - 3, 2);
        Files.delete(LogFiles.index(folder, 0));
        Files.delete(LogFiles.times(folder, 0));
        for (int opened = 0; opened < 2; opened++) {
            // The second time, its index is as the first time left it.
            try (FileLog log = open(folder, LARGE)) {
                assertThat(log.logEnd()).isEqualTo(1);
                assertProblem(ProblemCode.CORRUPT_RECORD, () -> log.firstAt(500, 1));
            }
        }
    }
}
