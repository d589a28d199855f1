package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.restbus.broker.CheckCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogDirectoryTest {

    private static final LogId ORDERS_0 = new LogId("orders", new UUID(1, 2), 0);
    private static final LogId ORDERS_1 = new LogId("orders", new UUID(1, 2), 1);
    private static final LogId LONG_NAME = new LogId("t".repeat(249), new UUID(3, 4), 12);
    private static final LogSettings SETTINGS = LogSettings.DEFAULT;

    @TempDir Path root;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private LogDirectory open() {
        return LogDirectory.open(root, new FileDisk());
    }

    private int check(String... args) {
        printed.reset();
        return CheckCommand.run(args, new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    private Path folder(LogId id) {
        return root.resolve("logs").resolve(id.folderName());
    }

    @Test
    void logsAreKeptInFoldersNamedByTopicPartitionAndId() {
        try (LogDirectory directory = open()) {
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
            directory.open(LONG_NAME, SETTINGS).append(List.of(batch("b")), 1);
            assertThat(directory.present()).containsExactlyInAnyOrder(ORDERS_0, LONG_NAME);
        }
        assertThat(folder(ORDERS_0)).isDirectory();
        assertThat(folder(ORDERS_0).getFileName())
                .hasToString("orders-0.00000000-0000-0001-0000-000000000002");
        assertThat(folder(LONG_NAME).getFileName().toString())
                .startsWith("t".repeat(200) + "-12.")
                .hasSize(200 + 4 + 36);
        try (LogDirectory directory = open()) {
            assertThat(directory.present()).containsExactlyInAnyOrder(ORDERS_0, LONG_NAME);
            assertThat(values(directory.open(ORDERS_0, SETTINGS))).containsExactly("a");
        }
        assertThat(check(root.toString())).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {LogFiles.EPOCHS, LogFiles.RECOVERY_POINT, LogFiles.IDENTITY})
    void aLogThatCouldNotBeCreatedIsCreatedAtTheNextTry(String failing) {
        FaultyDisk disk = new FaultyDisk();
        try (LogDirectory directory = LogDirectory.open(root, disk)) {
            disk.freeBytes = 10;
            assertThatThrownBy(() -> directory.open(ORDERS_0, SETTINGS))
                    .hasMessageContaining("disk-full");
            disk.freeBytes = Long.MAX_VALUE;
            disk.failsToForce = name -> name.startsWith(failing);
            assertThatThrownBy(() -> directory.open(ORDERS_0, SETTINGS))
                    .hasMessageContaining("replica-fenced");
            disk.failsToForce = name -> false;
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
        }
        try (LogDirectory directory = open()) {
            assertThat(values(directory.open(ORDERS_0, SETTINGS))).containsExactly("a");
        }
        assertThat(check(root.toString())).isZero();
    }

    @Test
    void aSecondOpenerIsToldWhichFolderIsInUse() {
        try (LogDirectory directory = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(root.toString())
                    .hasMessageContaining("in use");
            assertThat(check(root.toString())).isEqualTo(2);
            assertThat(printed.toString(StandardCharsets.UTF_8)).contains("in use");
            assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class);
            assertThat(directory.present()).isEmpty();
        }
        open().close();
    }

    @Test
    void anotherProcessIsToldTheSame() throws Exception {
        try (LogDirectory directory = open()) {
            Process process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    CheckCommand.class.getName(),
                                    root.toString())
                            .redirectErrorStream(true)
                            .start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isEqualTo(2);
            assertThat(output).contains(root.toString()).contains("in use");
            assertThat(directory.present()).isEmpty();
        }
    }

    @Test
    void aLogIsOpenOnlyOnce() {
        try (LogDirectory directory = open()) {
            directory.open(ORDERS_0, SETTINGS);
            assertThatThrownBy(() -> directory.open(ORDERS_0, SETTINGS))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aLogThatWasClosedIsOpenedAgain() {
        try (LogDirectory directory = open()) {
            FileLog log = directory.open(ORDERS_0, SETTINGS);
            log.append(List.of(batch("a")), 1);
            log.close();
            assertThat(values(directory.open(ORDERS_0, SETTINGS))).containsExactly("a");
        }
        assertThat(check(root.toString())).isZero();
    }

    @Test
    void deletingOrSettingAsideWhatIsNotThereDoesNothing() {
        try (LogDirectory directory = open()) {
            directory.delete(List.of(ORDERS_0));
            directory.moveToOrphans(ORDERS_1);
            assertThat(directory.present()).isEmpty();
        }
    }

    @Test
    void aDeletedLogIsGoneAndWhatADeletionLeftIsRemovedAtTheNextOpen() throws Exception {
        try (LogDirectory directory = open()) {
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
            directory.open(ORDERS_1, SETTINGS).append(List.of(batch("b")), 1);
            directory.delete(List.of(ORDERS_0));
            assertThat(directory.present()).containsExactly(ORDERS_1);
            assertThat(folder(ORDERS_0)).doesNotExist();
        }
        Path halfDeleted = root.resolve("logs").resolve(ORDERS_1.folderName() + ".deleted");
        Files.move(folder(ORDERS_1), halfDeleted);
        assertThat(check(root.toString())).isZero();
        try (LogDirectory directory = open()) {
            assertThat(directory.present()).isEmpty();
            assertThat(halfDeleted).doesNotExist();
        }
    }

    @Test
    void nobodyWaitsForTheFilesOfADeletedLog() throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        Path deleted = root.resolve("logs").resolve(ORDERS_0.folderName() + ".deleted");
        try (LogDirectory directory = LogDirectory.open(root, slowToDelete(deleted, letGo))) {
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
            directory.delete(List.of(ORDERS_0));
            try {
                assertThat(deleted).isNotEmptyDirectory();
                assertThat(directory.open(ORDERS_0, SETTINGS).logEnd()).isZero();
            } finally {
                letGo.countDown();
            }
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(deleted).doesNotExist());
            assertThat(directory.present()).containsExactly(ORDERS_0);
        }
        assertThat(check(root.toString())).isZero();
    }

    @Test
    void nothingOfADeletedLogIsForced() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        try (LogDirectory directory = LogDirectory.open(root, disk)) {
            for (LogId id : List.of(ORDERS_0, ORDERS_1)) {
                directory.open(id, SETTINGS).append(List.of(batch("a")), 1);
            }
            disk.calls.clear();
            directory.delete(List.of(ORDERS_0, ORDERS_1));
            assertThat(disk.calls).as("for the names").containsExactly("force folder");
        }
        assertThat(check(root.toString())).isZero();
    }

    @Test
    void theWriteAheadLogGoesOnWithoutADeletedLog() throws Exception {
        int rounds = 12;
        FaultyDisk disk = new FaultyDisk();
        ExecutorService sameThread = new WriteAheadLogTest.SameThread();
        try (LogDirectory directory =
                LogDirectory.open(root, disk, 2 * Disk.BLOCK_BYTES, sameThread)) {
            FileLog deleted = directory.open(ORDERS_0, SETTINGS);
            FileLog kept = directory.open(ORDERS_1, SETTINGS);
            for (FileLog log : List.of(deleted, kept)) {
                log.append(List.of(batch("first")), 1);
                log.force();
                log.append(List.of(batch("second")), 1);
            }
            WriteAheadLogTest.commit(directory, List.of(deleted, kept));
            directory.delete(List.of(ORDERS_0));
            for (int i = 0; i < rounds; i++) {
                kept.append(List.of(batch("a")), 1);
                directory.writeAhead().begin();
                assertThat(directory.writeAhead().add(kept)).as("round " + i).isTrue();
                assertThat(directory.writeAhead().commit()).as("round " + i).isTrue();
            }
        }
        assertThat(check(root.toString())).isZero();
    }

    private static Disk slowToDelete(Path folder, CountDownLatch letGo) {
        return new ForwardingDisk(new FileDisk()) {
            @Override
            public void delete(Path path) throws IOException {
                if (path.startsWith(folder)) {
                    try {
                        letGo.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                super.delete(path);
            }
        };
    }

    @Test
    void anOrphanIsKeptAside() {
        try (LogDirectory directory = open()) {
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
            directory.moveToOrphans(ORDERS_0);
            assertThat(directory.present()).isEmpty();
            assertThat(directory.open(ORDERS_0, SETTINGS).logEnd()).isZero();
        }
        assertThat(root.resolve("orphans").resolve(ORDERS_0.folderName())).isDirectory();
    }

    @Test
    void aFolderWithoutItsIdentityIsKnownByItsNameAndMended() throws Exception {
        try (LogDirectory directory = open()) {
            directory.open(ORDERS_0, SETTINGS).append(List.of(batch("a")), 1);
        }
        Files.delete(folder(ORDERS_0).resolve("partition.json"));
        assertThat(check(root.toString())).isEqualTo(1);
        try (LogDirectory directory = open()) {
            assertThat(directory.present()).containsExactly(ORDERS_0);
            assertThat(values(directory.open(ORDERS_0, SETTINGS))).containsExactly("a");
        }
        assertThat(check(root.toString())).isZero();
    }

    @Test
    void aFolderOfAnotherFormatIsRefused() throws Exception {
        open().close();
        Files.writeString(root.resolve("format"), "restbus-data 2\n");
        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("restbus-data 2");
    }

    @Test
    void theCheckCountsEveryLogAlsoTheCoordinators() {
        try (LogDirectory directory = open()) {
            FileLog log = directory.open(ORDERS_0, SETTINGS);
            log.append(List.of(batch("a", "b")), 1);
            Path metadata = root.resolve("coordinator").resolve("__metadata");
            LogId id = new LogId("__metadata", new UUID(0, 0), 0);
            try (FileLog journal = FileLog.open(new FileDisk(), metadata, id, SETTINGS)) {
                journal.append(List.of(batch("c")), 1);
            }
        }
        assertThat(check(root.toString())).isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("logs/" + ORDERS_0.folderName() + ": 1 segments, 2 records")
                .contains("coordinator/__metadata: 1 segments, 1 records")
                .contains("2 logs, 3 records")
                .contains("sound");
    }

    @Test
    void theCheckOfWhatIsNoDataFolderEndsWith2() throws Exception {
        assertThat(check()).isEqualTo(2);
        assertThat(check(root.resolve("nowhere").toString())).isEqualTo(2);
        assertThat(check(root.toString())).isEqualTo(2);
        assertThat(check("a\0b")).isEqualTo(2);
        Path node = root.resolve("broker-1");
        LogDirectory.open(node, new FileDisk()).close();
        assertThat(check(root.toString())).isZero();
    }
}
