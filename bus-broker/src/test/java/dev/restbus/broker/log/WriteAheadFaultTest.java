package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each way in which the disk fails the write-ahead log: what a log calls durable is there after a
 * restart all the same, and nothing else than what was written.
 */
class WriteAheadFaultTest {

    private static final int LOGS = 3;
    private static final String WRITE_AHEAD = "write-ahead-";

    @TempDir Path temp;
    private final FaultyDisk disk = new FaultyDisk();
    private final List<List<String>> written = new ArrayList<>();
    private Path root;
    private LogDirectory directory;
    private List<FileLog> logs;

    @BeforeEach
    void openLogs() {
        root = temp.resolve("data");
        for (int i = 0; i < LOGS; i++) {
            written.add(new ArrayList<>());
        }
        open(1 << 20);
        logs.forEach(log -> append(log, "first"));
        logs.forEach(FileLog::force);
    }

    private void open(int writeAheadBytes) {
        directory =
                LogDirectory.open(root, disk, writeAheadBytes, new WriteAheadLogTest.SameThread());
        logs = openAll(directory);
    }

    @AfterEach
    void restartAndCompare() throws Exception {
        directory.close();
        disk.failsToForce = name -> false;
        disk.failsToWrite = name -> false;
        disk.freeBytes = Long.MAX_VALUE;
        assertHolds(root);
    }

    @Test
    void aWriteErrorOrAShortWriteEndsItAndTheLogsAreForced() throws Exception {
        commitRound("before");
        disk.failsToWrite = name -> name.startsWith(WRITE_AHEAD);
        commitRound("during");
        assertHolds(crash("write-error"));

        disk.failsToWrite = name -> false;
        disk.calls.clear();
        commitRound("after");
        assertThat(disk.calls).noneMatch(call -> call.contains(WRITE_AHEAD));
        assertHolds(crash("after-write-error"));
    }

    /** The thread that commits for everyone would end with it. */
    @Test
    void aFaultOfTheProgramEndsItAsOneOfTheDiskDoes() throws Exception {
        commitRound("before");
        disk.hasABug = name -> name.startsWith(WRITE_AHEAD);
        commitRound("during");
        logs.forEach(log -> assertThat(log.durableEnd()).isEqualTo(log.logEnd()));
        assertHolds(crash("bug"));
    }

    @Test
    void aForceErrorEndsItAndEveryLogItSpeaksOfIsForced() throws Exception {
        append(logs.get(2), "forced only in the write-ahead log");
        commit(logs.subList(2, 3));
        disk.failsToForce = name -> name.startsWith(WRITE_AHEAD);
        append(logs.get(0), "in the round that fails");
        commit(logs.subList(0, 1));

        logs.forEach(log -> assertThat(log.isCheckpointed()).isTrue());
        assertThat(logs.get(0).durableEnd()).isEqualTo(logs.get(0).logEnd());
        disk.calls.clear();
        commitRound("after");
        assertThat(disk.calls).noneMatch(call -> call.contains(WRITE_AHEAD));
        assertHolds(crash("force-error"));
    }

    @Test
    void aFullDiskLeavesTheRoundToTheLogsAndTheNextToIt() throws Exception {
        commitRound("before");
        append(logs.get(0), "the log has room for it, the write-ahead log only for a part");
        for (long free = 1; free < 100; free += 9) {
            disk.freeBytes = free;
            commit(logs);
            assertThat(logs.get(0).durableEnd()).isEqualTo(logs.get(0).logEnd());
            assertHolds(crash("full-" + free));
            disk.freeBytes = Long.MAX_VALUE;
            append(logs.get(0), "more " + free);
        }
        disk.calls.clear();
        commitRound("after");
        assertThat(disk.calls).containsExactly("force write-ahead-0");
        assertHolds(crash("after-full"));
    }

    @Test
    void anErrorInACheckpointStopsThatLogAndKeepsTheFiles() throws Exception {
        directory.close();
        open(2 * Disk.BLOCK_BYTES);
        String sick = LogFiles.log(Path.of(""), 0).toString();
        commitRound("durable in the write-ahead log ".repeat(5));
        long size = Files.size(LogFixture.logFile(folder(root, 0), 0));
        append(logs.get(0), "the last one, durable in the write-ahead log ".repeat(3));
        commit(logs.subList(0, 1));
        assertThat(logs.get(0).durableEnd()).isEqualTo(logs.get(0).logEnd());

        disk.failsToForce = sick::equals;
        append(logs.get(1), "does not fit into the first file ".repeat(10));
        commit(logs.subList(1, 2));

        assertProblem(ProblemCode.REPLICA_FENCED, () -> logs.get(0).force());
        disk.failsToForce = name -> false;
        Path crash = crash("checkpoint");
        cut(LogFixture.logFile(folder(crash, 0), 0), size);
        assertHolds(crash);
    }

    /** Whatever is damaged of it, its length included. */
    @Test
    void whatADamagedRoundHeldIsDamagedAndNotForgotten() throws Exception {
        commitRound("before");
        long size = Files.size(LogFixture.logFile(folder(root, 0), 0));
        append(logs.get(0), "only in the round that is damaged");
        commit(logs.subList(0, 1));
        append(logs.get(1), "in the round behind it");
        commit(logs.subList(1, 2));
        long end = logs.get(0).logEnd();
        for (int position : new int[] {0, 1, 2, 3, 5, 9, 17, 21, 60, 120}) {
            Path crash = crash("damaged-" + position);
            cut(LogFixture.logFile(folder(crash, 0), 0), size);
            damage(WriteAheadLog.files(crash).get(0), Disk.BLOCK_BYTES + position);
            try (LogDirectory reopened = LogDirectory.open(crash, new FileDisk())) {
                List<FileLog> after = openAll(reopened);
                FileLog log = after.get(0);
                assertThat(log.logEnd()).as("byte " + position).isEqualTo(end);
                assertProblem(ProblemCode.CORRUPT_RECORD, () -> log.read(end - 1, 1_000, end));
                assertThat(LogFixture.values(after.get(1))).isEqualTo(written.get(1));
            }
            assertThat(LogCheck.check(new FileDisk(), crash).sound()).isFalse();
        }
    }

    private static void damage(Path file, int position) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 4;
        Files.write(file, bytes);
    }

    private Path folder(Path data, int log) {
        return data.resolve(LogDirectory.LOGS).resolve(logs.get(log).id().folderName());
    }

    private static void cut(Path file, long size) throws Exception {
        try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    private void commitRound(String value) {
        logs.forEach(log -> append(log, value));
        commit(logs);
        logs.forEach(log -> assertThat(log.durableEnd()).isEqualTo(log.logEnd()));
    }

    /** As the group commit does; a log that cannot be forced is left to the test. */
    private void commit(List<FileLog> round) {
        WriteAheadLog ahead = directory.writeAhead();
        ahead.begin();
        List<FileLog> together = new ArrayList<>();
        List<FileLog> alone = new ArrayList<>();
        round.forEach(log -> (ahead.add(log) ? together : alone).add(log));
        if (!ahead.commit()) {
            alone.addAll(together);
        }
        for (FileLog log : alone) {
            try {
                log.force();
            } catch (BusException e) {
                assertThat(e.problem().code()).isEqualTo(ProblemCode.REPLICA_FENCED);
            }
        }
    }

    private void append(FileLog log, String value) {
        log.append(List.of(LogFixture.batch(value)), 1);
        written.get(log.id().partition()).add(value);
    }

    /** What a process leaves that is killed now. */
    private Path crash(String name) {
        Path copy = temp.resolve(name);
        LogFixture.copyFolder(root, copy);
        return copy;
    }

    private void assertHolds(Path data) throws Exception {
        try (LogDirectory reopened = LogDirectory.open(data, new FileDisk())) {
            for (FileLog log : openAll(reopened)) {
                assertThat(LogFixture.values(log)).isEqualTo(written.get(log.id().partition()));
            }
        }
        assertThat(LogCheck.check(new FileDisk(), data).findings()).isEmpty();
    }

    private static List<FileLog> openAll(LogDirectory directory) {
        List<FileLog> logs = new ArrayList<>();
        for (int i = 0; i < LOGS; i++) {
            logs.add(directory.open(new LogId("t" + i, new UUID(1, i), i), LogSettings.DEFAULT));
        }
        return logs;
    }
}
