package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.appendValues;
import static dev.restbus.broker.log.LogFixture.values;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log whose front was deleted. */
class LogStartTest {

    private static final LogSettings SMALL = LogSettings.DEFAULT.withSegmentBytes(1024);

    @TempDir Path temp;
    private final FaultyDisk disk = new FaultyDisk();

    private FileLog open(String name) {
        return FileLog.open(disk, temp.resolve(name), ID, SMALL);
    }

    private List<Long> bases(String name) throws Exception {
        return LogFiles.baseOffsets(disk, temp.resolve(name), LogFiles.LOG_SUFFIX);
    }

    @Test
    void whatIsBelowTheStartIsGoneWithItsSegmentsAndStaysGone() throws Exception {
        FileLog log = open("log");
        appendValues(log, 0, 100);
        long size = log.sizeBytes();

        assertThat(log.startAt(51)).isEqualTo(51);
        assertThat(log.logStart()).isEqualTo(51);
        assertThat(log.sizeBytes()).isLessThan(size);
        assertThat(bases("log").get(0)).isBetween(30L, 51L);
        assertThat(bases("log").get(1)).isGreaterThan(51L);
        assertProblem(ProblemCode.OFFSET_OUT_OF_RANGE, () -> log.read(50, 10, 100));
        assertThat(values(log)).isEqualTo(words("value-", 51, 100));
        assertThat(log.startAt(20)).isEqualTo(51);
        log.close();
        LogFixture.assertSound(temp.resolve("log"));

        try (FileLog again = open("log")) {
            assertThat(again.logStart()).isEqualTo(51);
            appendValues(again, 100, 120);
            assertThat(values(again)).isEqualTo(words("value-", 51, 120));
        }
        LogFixture.assertSound(temp.resolve("log"));
    }

    @Test
    void aLogCanStartAtItsEndAndGoesOnFromThere() throws Exception {
        FileLog log = open("log");
        appendValues(log, 0, 100);
        assertThat(log.startAt(100)).isEqualTo(100);
        assertThat(bases("log")).hasSize(1);
        assertThat(log.read(100, 10, 100).length()).isZero();
        log.close();
        try (FileLog again = open("log")) {
            assertThat(again.logStart()).isEqualTo(100);
            assertThat(again.logEnd()).isEqualTo(100);
            appendValues(again, 100, 101);
            assertThat(values(again)).containsExactly("value-100");
        }
        LogFixture.assertSound(temp.resolve("log"));
    }

    @Test
    void theStartIsNeverBeyondWhatIsForced() {
        try (FileLog log = open("log")) {
            appendValues(log, 0, 5);
            log.append(List.of(LogFixture.batch("not forced")), 1);
            assertThatThrownBy(() -> log.startAt(6)).isInstanceOf(IllegalArgumentException.class);
            assertThat(log.logStart()).isZero();
        }
    }

    @Test
    void aCrashAtAnyMomentLeavesTheOldStartOrTheNew() throws Exception {
        FileLog log = open("log");
        appendValues(log, 0, 60);
        LogFixture.copyFolder(temp.resolve("log"), temp.resolve("before"));
        log.startAt(40);
        LogFixture.copyFolder(temp.resolve("log"), temp.resolve("after"));
        log.close();
        // The start is durable, some files are deleted.
        for (int deleted = 0; deleted < 3; deleted++) {
            Path crashed = temp.resolve("crash-" + deleted);
            LogFixture.copyFolder(temp.resolve("before"), crashed);
            Files.copy(
                    temp.resolve("after").resolve(LogFiles.STATE), crashed.resolve(LogFiles.STATE));
            for (long base : bases("before").subList(0, deleted)) {
                Files.delete(LogFiles.log(crashed, base));
            }
            LogFixture.assertUndamaged(crashed);
            try (FileLog again = open("crash-" + deleted)) {
                assertThat(values(again)).isEqualTo(words("value-", 40, 60));
            }
            assertThat(bases("crash-" + deleted)).isEqualTo(bases("after"));
            LogFixture.assertSound(crashed);
        }
    }

    @Test
    void aDamagedStateFileIsReportedAndHidesNothing() throws Exception {
        try (FileLog log = open("log")) {
            appendValues(log, 0, 60);
            log.startAt(40);
        }
        Path folder = temp.resolve("log");
        long first = bases("log").get(0);
        LogFixture.flipBit(folder.resolve(LogFiles.STATE), 4, 1);
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder);
        assertThat(report.sound()).isFalse();
        assertThat(report.findings().get(0).file()).isEqualTo(LogFiles.STATE);

        try (FileLog again = open("log")) {
            assertThat(again.logStart()).isEqualTo(first);
            assertThat(values(again)).isEqualTo(words("value-", (int) first, 60));
        }
        LogFixture.assertSound(folder);
    }

    @Test
    void aFullDiskMovesNoStart() {
        try (FileLog log = open("log")) {
            appendValues(log, 0, 60);
            disk.hasNoRoomForFiles = true;
            assertProblem(ProblemCode.DISK_FULL, () -> log.startAt(40));
            assertThat(log.logStart()).isZero();
            disk.hasNoRoomForFiles = false;
            assertThat(values(log)).isEqualTo(words("value-", 0, 60));
            assertThat(log.startAt(40)).isEqualTo(40);
        }
    }

    @Test
    void whoReadsWhileTheFrontIsDeletedGetsTheRecordOr416() throws Exception {
        FileLog log = open("log");
        appendValues(log, 0, 400);
        AtomicInteger read = new AtomicInteger();
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int r = 0; r < 3; r++) {
            readers.add(CompletableFuture.runAsync(() -> readAll(log, read)));
        }
        for (int start = 7; start <= 400; start += 7) {
            assertThat(log.startAt(start)).isEqualTo(start);
        }
        for (CompletableFuture<Void> reader : readers) {
            reader.get();
        }
        assertThat(read.get()).isPositive();
        log.close();
        LogFixture.assertSound(temp.resolve("log"));
    }

    private static void readAll(FileLog log, AtomicInteger read) {
        for (int offset = 0; offset < 400; offset++) {
            try {
                PartitionLog.LogSlice slice = log.read(offset, 1, 400);
                List<String> values = new ArrayList<>();
                LogFixture.addValues(slice, offset, values);
                assertThat(values).containsExactly("value-" + offset);
            } catch (BusException e) {
                assertThat(e.problem().code()).isEqualTo(ProblemCode.OFFSET_OUT_OF_RANGE);
            }
            read.incrementAndGet();
        }
    }
}
