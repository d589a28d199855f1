package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single flipped bits in every kind of file: all are found, no wrong byte is ever served. */
class PlantedDamageTest {

    private static final long SEED = 20_261_121;
    private static final int FLIPS = 1_500;
    private static final int RECORDS = 400;

    @TempDir Path temp;

    @Test
    void everyFlippedBitIsFoundAndNoneIsServed() throws Exception {
        Path folder = temp.resolve("log");
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(10_000);
        try (FileLog log = FileLog.open(FaultyDisk.thatOnlyNotesForces(), folder, ID, settings)) {
            for (int i = 0; i < RECORDS; i++) {
                log.append(List.of(batch("value-" + i)), 1 + i / 150);
            }
        }
        LogFixture.assertSound(folder);
        Random random = new Random(SEED);
        List<Path> files = files(folder);
        for (int flip = 0; flip < FLIPS; flip++) {
            Path file = files.get(flip % files.size());
            byte[] original = Files.readAllBytes(file);
            byte[] damaged = original.clone();
            int position = random.nextInt(original.length);
            int bit = random.nextInt(8);
            damaged[position] ^= (byte) (1 << bit);
            Files.write(file, damaged);
            String where = file.getFileName() + " byte " + position + " bit " + bit;
            assertThat(LogCheck.checkLog(new FileDisk(), folder).sound()).as(where).isFalse();
            if (flip % 10 == 0) {
                assertServesOnlyRightRecords(folder, settings, where);
            }
            Files.write(file, original);
        }
        LogFixture.assertSound(folder);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = new ArrayList<>(entries.sorted().toList());
            assertThat(files).hasSizeGreaterThan(8);
            return files;
        }
    }

    private void assertServesOnlyRightRecords(Path folder, LogSettings settings, String where)
            throws IOException {
        Path copy = Files.createTempDirectory(temp, "copy").resolve("log");
        LogFixture.copyFolder(folder, copy);
        List<String> expected = words("value-", 0, RECORDS);
        int damaged = 0;
        try (FileLog log = FileLog.open(FaultyDisk.thatOnlyNotesForces(), copy, ID, settings)) {
            assertThat(log.logEnd()).as(where).isEqualTo(RECORDS);
            for (int offset = 0; offset < RECORDS; offset++) {
                List<String> read = new ArrayList<>();
                try {
                    LogFixture.addValues(log.read(offset, 500, RECORDS), offset, read);
                    assertThat(read).as(where).isNotEmpty();
                    assertThat(read)
                            .as(where)
                            .isEqualTo(expected.subList(offset, offset + read.size()));
                } catch (BusException e) {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.CORRUPT_RECORD);
                    damaged++;
                }
            }
        }
        assertThat(damaged).as(where).isLessThanOrEqualTo(1);
    }
}
