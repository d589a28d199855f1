package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many logs, few open files: all of them are read and written as if all were open. */
class OpenFilesTest {

    private static final Path OPEN_FILES = Path.of("/proc/self/fd");
    private static final int MAX = 20;

    @TempDir Path temp;

    @Test
    void moreLogsThanFilesAreWrittenAndReadFromSeveralThreads() throws Exception {
        FileDisk disk = new FileDisk(MAX);
        List<FileLog> logs = new ArrayList<>();
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(1_024);
        for (int i = 0; i < 60; i++) {
            LogId id = new LogId("t" + i, new UUID(3, i), 0);
            logs.add(FileLog.open(disk, temp.resolve(id.folderName()), id, settings));
        }
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < 8; round++) {
                int from = 5 * round;
                List<Future<?>> done = new ArrayList<>();
                for (FileLog log : logs) {
                    done.add(
                            threads.submit(
                                    () -> {
                                        LogFixture.appendValues(log, from, from + 5);
                                        assertThat(LogFixture.values(log))
                                                .isEqualTo(LogFixture.words("value-", 0, from + 5));
                                    }));
                }
                for (Future<?> each : done) {
                    each.get();
                }
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(open(temp)).isLessThanOrEqualTo(MAX);
        for (FileLog log : logs) {
            log.close();
            LogFixture.assertSound(temp.resolve(log.id().folderName()));
        }
        assertThat(open(temp)).isZero();
    }

    @Test
    void whatWasNotForcedStaysOpen() throws Exception {
        FileDisk disk = new FileDisk(1);
        Path path = temp.resolve("dirty");
        try (DiskFile dirty = disk.open(path)) {
            dirty.write(0, List.of(dev.restbus.api.batch.Slice.utf8("x")));
            try (DiskFile other = disk.open(temp.resolve("other"));
                    DiskFile third = disk.open(temp.resolve("third"))) {
                assertThat(other.size()).isZero();
                assertThat(third.size()).isZero();
                assertThat(open(path)).isEqualTo(Files.exists(OPEN_FILES) ? 1 : 0);
                dirty.force();
                assertThat(other.size() + third.size() + other.size()).isZero();
                assertThat(dirty.size()).isEqualTo(1);
            }
        }
    }

    /** How many descriptors of this process are of files there; 0 where nobody can tell. */
    private static long open(Path under) throws IOException {
        if (!Files.exists(OPEN_FILES)) {
            return 0;
        }
        try (Stream<Path> descriptors = Files.list(OPEN_FILES)) {
            return descriptors.filter(each -> isUnder(each, under)).count();
        }
    }

    private static boolean isUnder(Path descriptor, Path under) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(under.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }
}
