package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReservedDiskTest {

    private static final int DISK_BYTES = 1 << 20;
    private static final long RESERVE_BYTES = DISK_BYTES / 16;

    @TempDir Path data;
    private final FaultyDisk real = new FaultyDisk();
    private Path reserve;
    private ReservedDisk disk;

    @BeforeEach
    void makeDisk() {
        real.freeBytes = DISK_BYTES;
        reserve = data.resolve(ReservedDisk.FILE);
        disk = reservedDisk();
    }

    private ReservedDisk reservedDisk() {
        return new ReservedDisk(
                real,
                data,
                new ReservedDisk.Space() {
                    @Override
                    public long totalBytes() {
                        return DISK_BYTES;
                    }

                    @Override
                    public long usableBytes() {
                        return real.freeBytes;
                    }
                });
    }

    @Test
    void theWriteThatFindsTheDiskFullIsMadeFromTheReserve() throws Exception {
        disk.keepRoom();
        assertThat(Files.size(reserve)).isEqualTo(RESERVE_BYTES);
        FileLog log = FileLog.open(disk, data.resolve("log"), ID, LogSettings.DEFAULT);
        String value = "x".repeat(1_000);
        int appended = 0;
        while (!disk.isShort()) {
            log.append(List.of(batch(value)), 1);
            appended++;
        }
        assertThat(reserve).doesNotExist();

        while (real.freeBytes > 2_000) {
            log.append(List.of(batch(value)), 1);
            appended++;
        }
        assertThat(appended * 1_100L).isGreaterThan(DISK_BYTES - RESERVE_BYTES);
        real.freeBytes = 500;
        assertProblem(ProblemCode.DISK_FULL, () -> log.append(List.of(batch(value)), 1));
        log.force();
        assertThat(values(log)).hasSize(appended).containsOnly(value);
        log.close();
        LogFixture.assertSound(data.resolve("log"));
    }

    @Test
    void aLogIsMadeAndAFolderToo() throws Exception {
        disk.keepRoom();
        real.freeBytes = 0;
        FileLog log = FileLog.open(disk, data.resolve("made"), ID, LogSettings.DEFAULT);
        log.append(List.of(batch("value")), 1);
        assertThat(log.force()).isEqualTo(1);
        log.close();
        LogFixture.assertSound(data.resolve("made"));
    }

    @Test
    void itIsTakenAgainOnlyWithRoomToSpare() throws Exception {
        disk.keepRoom();
        real.freeBytes = 0;
        write("a", 10);
        assertThat(disk.isShort()).isTrue();
        disk.keepRoom();
        assertThat(disk.isShort()).as("what was given up is not yet room").isTrue();

        real.freeBytes = RESERVE_BYTES + RESERVE_BYTES / 8;
        disk.keepRoom();
        assertThat(disk.isShort()).isFalse();
        assertThat(Files.size(reserve)).isEqualTo(RESERVE_BYTES);
    }

    @Test
    void aStartFindsWhatTheLastOneLeft() throws Exception {
        disk.keepRoom();
        real.freeBytes = 0;
        disk = reservedDisk();
        disk.keepRoom();
        assertThat(disk.isShort()).as("the reserve is there").isFalse();
        write("a", 10);
        assertThat(disk.isShort()).isTrue();

        disk = reservedDisk();
        disk.keepRoom();
        assertThat(disk.isShort()).as("it was given up").isTrue();
        real.freeBytes = DISK_BYTES;
        Files.write(reserve, new byte[100]);
        disk.keepRoom();
        assertThat(Files.size(reserve)).as("a part of it was left").isEqualTo(RESERVE_BYTES);
    }

    @Test
    void anotherErrorIsLeftAsItIs() throws Exception {
        disk.keepRoom();
        real.failsToWrite = "a"::equals;
        assertThatThrownBy(() -> write("a", 10)).isInstanceOf(IOException.class);
        assertThat(disk.isShort()).isFalse();
        assertThat(reserve).exists();
    }

    private void write(String name, int bytes) throws IOException {
        try (DiskFile file = disk.open(data.resolve(name))) {
            file.write(0, List.of(Slice.of(new byte[bytes])));
        }
    }
}
