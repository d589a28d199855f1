package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.values;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFaultTest {

    private static final LogSettings SMALL = LogSettings.DEFAULT.withSegmentBytes(1024);
    private static final String FIRST_SEGMENT = "00000000000000000000.log";

    @TempDir Path temp;
    private final FaultyDisk disk = new FaultyDisk();
    private Path folder;
    private FileLog log;

    @BeforeEach
    void openLog() {
        folder = temp.resolve("log");
        log = FileLog.open(disk, folder, ID, SMALL);
        append(0, 3);
        log.force();
        disk.calls.clear();
    }

    private void append(int from, int to) {
        for (int i = from; i < to; i++) {
            log.append(List.of(batch("value-" + i)), 1);
        }
    }

    private static BusException failure(Runnable call) {
        return catchThrowableOfType(BusException.class, call::run);
    }

    @Test
    void aFullDiskTakesNothingOfTheAppendAndGoesOnWhenThereIsRoom() throws Exception {
        int size = batch("value-3").length();
        for (long free = 0; free < 3L * size; free += 11) {
            disk.freeBytes = free;
            BusException failure =
                    failure(
                            () ->
                                    log.append(
                                            List.of(
                                                    batch("never-1"),
                                                    batch("never-2"),
                                                    batch("never-3")),
                                            1));
            assertThat(failure.problem().code()).isEqualTo(ProblemCode.DISK_FULL);
            assertThat(failure.problem().outcome()).isEqualTo(Outcome.NONE);
            assertThat(log.logEnd()).isEqualTo(3);
            disk.freeBytes = Long.MAX_VALUE;
            LogFixture.assertUndamaged(folder);
        }
        append(3, 5);
        assertThat(log.force()).isEqualTo(5);
        assertThat(values(log)).isEqualTo(words("value-", 0, 5));
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void aFullDiskAtANewEpochOrARollTakesNothingEither() throws Exception {
        disk.freeBytes = 5;
        assertProblem(ProblemCode.DISK_FULL, () -> log.append(List.of(batch("never")), 2));
        disk.freeBytes = Long.MAX_VALUE;
        append(3, 10);
        disk.hasNoRoomForFiles = true;
        for (int i = 0; i < 3; i++) {
            assertProblem(
                    ProblemCode.DISK_FULL,
                    () -> log.append(List.of(batch("never".repeat(150))), 1));
        }
        disk.hasNoRoomForFiles = false;
        append(10, 40);
        log.force();
        assertThat(values(log)).isEqualTo(words("value-", 0, 40));
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void anIndexThatDoesNotFitStopsNothing() throws Exception {
        append(3, 12);
        disk.hasNoRoomForFiles = true;
        assertThat(log.force()).isEqualTo(12);
        append(12, 13);
        assertThat(values(log, 2, 100)).isEqualTo(words("value-", 2, 13));
        disk.hasNoRoomForFiles = false;
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void theFirstFailedForceFencesForEverAndIsNotRepeated() throws Exception {
        append(3, 4);
        disk.failsToForce = FIRST_SEGMENT::equals;
        BusException failure = failure(() -> log.force());
        assertThat(failure.problem().code()).isEqualTo(ProblemCode.REPLICA_FENCED);
        assertThat(failure.problem().outcome()).isEqualTo(Outcome.UNKNOWN);
        disk.failsToForce = name -> false;

        assertProblem(ProblemCode.REPLICA_FENCED, () -> log.force());
        assertProblem(ProblemCode.REPLICA_FENCED, () -> log.append(List.of(batch("never")), 1));
        assertThat(log.durableEnd()).isEqualTo(3);
        log.close();

        assertThat(disk.calls).containsExactly("force " + FIRST_SEGMENT);
        LogFixture.assertUndamaged(folder);
        try (FileLog reopened = FileLog.open(new FileDisk(), folder, ID, SMALL)) {
            assertThat(values(reopened)).isEqualTo(words("value-", 0, 4));
        }
        LogFixture.assertSound(folder);
    }

    @Test
    void aWriteErrorFencesAndLeavesNothingBehind() throws Exception {
        disk.failsToWrite = FIRST_SEGMENT::equals;
        BusException failure = failure(() -> log.append(List.of(batch("never")), 1));
        assertThat(failure.problem().code()).isEqualTo(ProblemCode.REPLICA_FENCED);
        assertThat(failure.problem().outcome()).isEqualTo(Outcome.NONE);
        assertThat(log.logEnd()).isEqualTo(3);
        assertThat(values(log)).isEqualTo(words("value-", 0, 3));
        log.close();
        LogFixture.assertUndamaged(folder);
    }

    @Test
    void aWriteThatCannotBeTakenBackFencesWithAnUnknownOutcome() throws Exception {
        disk.freeBytes = 20;
        disk.failsToTruncate = FIRST_SEGMENT::equals;
        BusException failure = failure(() -> log.append(List.of(batch("never")), 1));
        assertThat(failure.problem().code()).isEqualTo(ProblemCode.REPLICA_FENCED);
        assertThat(failure.problem().outcome()).isEqualTo(Outcome.UNKNOWN);
        log.close();
        LogFixture.assertUndamaged(folder);
    }

    @Test
    void aForceCoversEverySegmentAndItsNameBeforeTheDurableEndMoves() {
        append(3, 30);
        disk.calls.clear();
        log.force();
        List<String> segmentForces =
                disk.calls.stream().filter(call -> call.endsWith(".log")).toList();
        assertThat(segmentForces).hasSizeGreaterThan(1).doesNotHaveDuplicates();
        assertThat(segmentForces.get(0)).isEqualTo("force " + FIRST_SEGMENT);
        assertThat(disk.calls.get(segmentForces.size())).isEqualTo("force folder");
        disk.calls.clear();
        append(30, 31);
        log.force();
        assertThat(disk.calls).hasSize(1);
        log.close();
    }

    @Test
    void aNewEpochIsDurableBeforeItsFirstBatchIsWritten() throws Exception {
        disk.failsToWrite = FIRST_SEGMENT::equals;
        failure(() -> log.append(List.of(batch("never")), 9));
        LeaderEpochs onDisk = LeaderEpochs.read(new FileDisk(), folder);
        assertThat(onDisk.last()).isEqualTo(9);
        assertThat(onDisk.lastStart()).isEqualTo(3);
        assertThat(disk.calls.subList(0, 3))
                .containsExactly(
                        "truncate " + LogFiles.EPOCHS + ".tmp",
                        "force " + LogFiles.EPOCHS + ".tmp",
                        "force folder");
        log.close();
    }

    @Test
    void theRecoveryPointFollowsAtMostOnceAnInterval() throws Exception {
        long[] nanos = {0};
        Path other = temp.resolve("paced");
        LogSettings paced = new LogSettings(1 << 20, 1 << 20, Fsync.GROUP, 1_000, () -> nanos[0]);
        try (FileLog slow = FileLog.open(disk, other, ID, paced)) {
            for (int i = 0; i < 10; i++) {
                nanos[0] = i * 300_000_000L;
                slow.append(List.of(batch("value-" + i)), 1);
                slow.force();
                try (RecoveryPoint point = RecoveryPoint.open(new FileDisk(), other)) {
                    assertThat(point.offset()).isEqualTo(i < 4 ? 0 : i < 8 ? 5 : 9);
                }
            }
        }
        LogFixture.assertSound(other);
    }
}
