package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./bus check} on a folder that a bus wrote and ended well: sound, until it is damaged. */
class CheckCommandTest {

    private static final int RECORDS = 50;

    /** Of the batches in a log file: where the first of them holds its length. */
    private static final int LENGTH_POSITION = 8;

    @TempDir Path folder;

    @Test
    void findsWhatWasDamagedAndOnlyThat() throws Exception {
        Path data = folder.resolve("data");
        try (BusProcess bus = BusProcess.start(data)) {
            fill(new BusHttp(bus.url()));
            bus.stop();
        }
        assertSound(data);

        Path log = logOf(data);
        byte[] sound = Files.readAllBytes(log);
        flipByte(log, sound.length / 2);
        assertDamaged(data);

        Files.write(log, sound);
        changeOffsetOfSecondBatch(log);
        assertDamaged(data);

        Files.write(log, sound);
        truncate(log, sound.length - 10);
        assertDamaged(data);

        Files.write(log, sound);
        assertSound(data);
    }

    @Test
    void saysThatAFolderIsMissing() throws Exception {
        Launcher.Result result = Launcher.run("check", folder.resolve("nowhere").toString());

        assertThat(result.exitCode()).isNotZero();
        assertThat(result.output()).contains("no such folder");
    }

    private static void fill(BusHttp http) throws IOException {
        http.put("/v1/topics/checked", "{\"partitions\":1}").expect(201);
        for (int i = 0; i < RECORDS; i++) {
            http.post("/v1/topics/checked", "{\"n\":" + i + "}").expect(201);
        }
    }

    private static void assertSound(Path data) throws Exception {
        Launcher.Result result = Launcher.run("check", data.toString());
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("checked-0").contains(RECORDS + " records");
    }

    private static void assertDamaged(Path data) throws Exception {
        Launcher.Result result = Launcher.run("check", data.toString());
        assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
        assertThat(result.output()).contains("DAMAGE").contains("checked-0");
    }

    private static Path logOf(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains("checked-0"))
                    .filter(file -> file.toString().endsWith(".log"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void flipByte(Path file, long position) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.seek(position);
            int before = access.read();
            access.seek(position);
            access.write(before ^ 1);
        }
    }

    /** The base offset stands outside the checksum of a batch. */
    private static void changeOffsetOfSecondBatch(Path file) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.seek(LENGTH_POSITION);
            long second = LENGTH_POSITION + Integer.BYTES + access.readInt();
            access.seek(second);
            access.writeLong(17);
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(size);
        }
    }
}
