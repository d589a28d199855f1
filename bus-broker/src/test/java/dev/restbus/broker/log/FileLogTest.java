package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.values;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest {

    private static final LogSettings SMALL =
            LogSettings.DEFAULT.withSegmentBytes(2048).withMaxBatchBytes(1 << 20);

    @TempDir Path temp;
    private Path folder;
    private FileLog log;

    @BeforeEach
    void openLog() {
        folder = temp.resolve("log");
        log = open(SMALL);
    }

    @AfterEach
    void checkLog() throws Exception {
        log.close();
        LogFixture.assertSound(folder);
    }

    private FileLog open(LogSettings settings) {
        return FileLog.open(new FileDisk(), folder, ID, settings);
    }

    static void assertProblem(ProblemCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BusException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    @Test
    void aNewLogIsEmpty() {
        assertThat(log.logStart()).isZero();
        assertThat(log.logEnd()).isZero();
        assertThat(log.durableEnd()).isZero();
        assertThat(log.lastEpoch()).isZero();
        assertThat(log.sizeBytes()).isZero();
        assertThat(log.read(0, 100, 0).length()).isZero();
    }

    @Test
    void whatIsAppendedInOneCallIsPlacedInARowAndReadBack() {
        assertThat(log.append(List.of(batch("a", "b"), batch("c")), 1)).isZero();
        assertThat(log.append(List.of(batch("d")), 1)).isEqualTo(3);

        assertThat(log.logEnd()).isEqualTo(4);
        assertThat(values(log)).containsExactly("a", "b", "c", "d");
        assertThat(values(log, 1, 1)).containsExactly("b", "c", "d");
    }

    @Test
    void aReadStartsWithTheBatchThatHoldsTheOffsetAndStopsAtTheEndOffset() {
        log.append(List.of(batch("a", "b"), batch("c"), batch("d")), 1);

        PartitionLog.LogSlice slice = log.read(1, 1 << 20, 3);

        assertThat(RecordBatch.baseOffset(slice.bytes(), 0)).isZero();
        assertThat(LogFixture.addValues(slice, 0, new java.util.ArrayList<>())).isEqualTo(3);
    }

    @Test
    void aReadReturnsOneBatchHoweverLargeAndNoPartOfTheNext() {
        String large = "x".repeat(100_000);
        log.append(List.of(batch(large), batch("small"), batch(large)), 1);

        assertThat(log.read(0, 10, 3).length()).isEqualTo(batch(large).length());
        assertThat(log.read(1, batch("small").length() + 100, 3).length())
                .isEqualTo(batch("small").length());
        assertThat(values(log)).containsExactly(large, "small", large);
    }

    @Test
    void offsetsOutsideTheLogAre416() {
        log.append(List.of(batch("a")), 1);

        assertProblem(ProblemCode.OFFSET_OUT_OF_RANGE, () -> log.read(2, 10, 1));
        assertProblem(ProblemCode.OFFSET_OUT_OF_RANGE, () -> log.read(-1, 10, 1));
        assertThatThrownBy(() -> log.read(0, 10, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBatchAboveTheLimitIsRefusedWithBothNumbers() {
        assertThatThrownBy(() -> log.append(List.of(batch("x".repeat(2 << 20))), 1))
                .hasMessageContaining("1048576")
                .isInstanceOfSatisfying(
                        BusException.class,
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(ProblemCode.RECORD_TOO_LARGE));
        assertThat(log.logEnd()).isZero();
    }

    @Test
    void halfABatchIsABugOfTheCaller() {
        Slice whole = batch("abc");
        Slice half = new Slice(whole.bytes(), 0, whole.length() - 1);

        assertThatThrownBy(() -> log.append(List.of(half), 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(log.logEnd()).isZero();
    }

    @Test
    void onlyAForceMovesTheDurableEnd() {
        log.append(List.of(batch("a")), 1);
        assertThat(log.durableEnd()).isZero();
        assertThat(log.unforcedBytes()).isEqualTo(batch("a").length());

        assertThat(log.force()).isEqualTo(1);
        assertThat(log.durableEnd()).isEqualTo(1);
        assertThat(log.unforcedBytes()).isZero();
    }

    @Test
    void withoutFsyncTheDurableEndIsTheLogEnd() {
        log.close();
        log = open(SMALL.withFsync(Fsync.NEVER));

        for (int i = 0; i < 100; i++) {
            log.append(List.of(batch("value-" + i)), 1);
            assertThat(log.durableEnd()).isEqualTo(log.logEnd());
        }
        assertThat(log.unforcedBytes()).isZero();
        assertThat(values(log)).isEqualTo(words("value-", 0, 100));
    }

    @Test
    void segmentsRollBeforeTheyGrowTooLargeAndEveryOffsetIsFound() throws Exception {
        for (int i = 0; i < 300; i++) {
            log.append(List.of(batch("value-" + i)), 1);
        }
        log.force();

        List<Long> bases = LogFiles.baseOffsets(new FileDisk(), folder, LogFiles.LOG_SUFFIX);
        assertThat(bases).hasSizeGreaterThan(10);
        for (long base : bases) {
            assertThat(Files.size(LogFiles.log(folder, base))).isBetween(1L, 2048L);
        }
        for (int from = 0; from < 300; from += 7) {
            assertThat(values(log, from, 500)).isEqualTo(words("value-", from, 300));
        }
        log.close();
        log = open(SMALL);
        for (int from = 0; from < 300; from += 7) {
            assertThat(values(log, from, 500)).isEqualTo(words("value-", from, 300));
        }
    }

    @Test
    void aLongSegmentIsSearchedByItsIndex() {
        log.close();
        log = open(LogSettings.DEFAULT);
        for (int i = 0; i < 20_000; i++) {
            log.append(List.of(batch("value-" + i)), 1);
        }
        assertThat(values(log)).isEqualTo(words("value-", 0, 20_000));
        log.close();
        log = open(LogSettings.DEFAULT);
        for (int from = 1; from < 20_000; from += 777) {
            PartitionLog.LogSlice slice = log.read(from, 1, log.logEnd());
            assertThat(RecordBatch.baseOffset(slice.bytes(), 0)).isEqualTo(from);
        }
    }

    @Test
    void aReopenedLogGoesOnBehindItsEnd() {
        log.append(List.of(batch("a")), 3);
        log.close();
        log = open(SMALL);

        assertThat(log.logEnd()).isEqualTo(1);
        assertThat(log.durableEnd()).isEqualTo(1);
        assertThat(log.lastEpoch()).isEqualTo(3);
        assertThat(log.append(List.of(batch("b")), 3)).isEqualTo(1);
        assertThat(values(log)).containsExactly("a", "b");
    }

    @Test
    void batchesCarryTheEpochOfTheirLeaderAndEpochsNeverGoBack() {
        log.append(List.of(batch("a")), 1);
        log.append(List.of(batch("b")), 4);

        assertThat(log.lastEpoch()).isEqualTo(4);
        byte[] bytes = log.read(0, 1 << 20, 2).bytes();
        assertThat(RecordBatch.leaderEpoch(bytes, 0)).isEqualTo(1);
        assertThat(RecordBatch.leaderEpoch(bytes, RecordBatch.sizeBytes(bytes, 0))).isEqualTo(4);
        assertThatThrownBy(() -> log.append(List.of(batch("c")), 3))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(log.logEnd()).isEqualTo(2);
    }

    @Test
    void aClosedLogTakesNothingAndSaysSo() {
        log.append(List.of(batch("a")), 1);
        log.close();
        log.close();

        assertProblem(ProblemCode.SHUTTING_DOWN, () -> log.append(List.of(batch("b")), 1));
        assertProblem(ProblemCode.SHUTTING_DOWN, () -> log.read(0, 10, 1));
        assertThat(log.force()).isEqualTo(1);
    }

    @Test
    void aFolderIsOnlyOpenedForItsOwnLog() {
        log.close();
        LogId other = new LogId("orders", new java.util.UUID(1, 1), 0);

        assertThatThrownBy(() -> FileLog.open(new FileDisk(), folder, other, SMALL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(folder.toString());
    }

    @Test
    void anInterruptedThreadReadsAndWritesAllTheSame() {
        Thread.currentThread().interrupt();
        log.append(List.of(batch("a")), 1);
        log.force();
        assertThat(values(log)).containsExactly("a");
        assertThat(Thread.interrupted()).isTrue();
        log.append(List.of(batch("b")), 1);
        assertThat(values(log)).containsExactly("a", "b");
    }

    /** With ten thousand logs, every force counts when the broker stops. */
    @Test
    void aSmallLogIsClosedWithFewForcesAndReadBackWhole() {
        FaultyDisk disk = new FaultyDisk();
        Path small = temp.resolve("small");
        try (FileLog opened = FileLog.open(disk, small, ID, LogSettings.DEFAULT)) {
            opened.append(List.of(LogFixture.batchAt(1_000)), 1);
            opened.append(List.of(LogFixture.batchAt(2_000)), 1);
            opened.force();
            disk.calls.clear();
        }
        assertThat(forced(disk))
                .containsExactly(
                        "00000000000000000000.log", "recovery-point", "log-state.tmp", "folder");
        try (FileLog again = FileLog.open(disk, small, ID, LogSettings.DEFAULT)) {
            assertThat(again.logEnd()).isEqualTo(2);
            assertThat(again.firstAt(1_500, 2)).isNotNull();
        }
    }

    @Test
    void aLargeLogIsClosedWithItsIndexes() {
        FaultyDisk disk = new FaultyDisk();
        try (FileLog opened = FileLog.open(disk, temp.resolve("large"), ID, LogSettings.DEFAULT)) {
            opened.append(List.of(LogFixture.batch("x".repeat(1 << 20))), 1);
        }
        assertThat(forced(disk))
                .contains("00000000000000000000.index.tmp", "00000000000000000000.timeindex.tmp");
    }

    private static List<String> forced(FaultyDisk disk) {
        return disk.calls.stream()
                .filter(call -> call.startsWith("force "))
                .map(call -> call.substring("force ".length()))
                .toList();
    }
}
