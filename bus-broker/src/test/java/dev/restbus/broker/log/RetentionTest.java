package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.appendValues;
import static dev.restbus.broker.log.LogFixture.values;
import static dev.restbus.broker.log.LogFixture.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What retention deletes, and when. Its records are of 1970: nobody may look at that. */
class RetentionTest {

    private static final long SECOND = 1_000;
    private static final long HOUR = 3_600 * SECOND;

    @TempDir Path temp;

    /** The monotonic clock of the process, which begins anywhere. */
    private long nanos = -77;

    private Path folder;
    private FileLog log;

    @AfterEach
    void check() throws Exception {
        log.close();
        LogFixture.assertUndamaged(folder);
    }

    private void open(String name, Retention retention) {
        folder = temp.resolve(name);
        LogSettings settings =
                new LogSettings(1024, 1 << 20, Fsync.GROUP, 0, () -> nanos)
                        .withRetention(retention);
        log = FileLog.open(FaultyDisk.thatOnlyNotesForces(), folder, ID, settings);
    }

    private void pass(long ms) {
        nanos += ms * 1_000_000;
    }

    private void keep() {
        log.keep(log.durableEnd());
    }

    private int segments() throws Exception {
        return LogFiles.baseOffsets(new FileDisk(), folder, LogFiles.LOG_SUFFIX).size();
    }

    private static Retention ms(long ms) {
        return new Retention(ms, -1, Long.MAX_VALUE, -1);
    }

    @Test
    void aClosedSegmentGoesOnceItsLastAppendIsOldEnough() throws Exception {
        open("log", ms(10 * SECOND));
        appendValues(log, 0, 30);
        pass(6 * SECOND);
        appendValues(log, 30, 60);
        pass(4 * SECOND);
        keep();
        assertThat(log.logStart()).isZero();
        pass(1);
        keep();
        // The segment that holds 29 was appended to at the sixth second.
        assertThat(log.logStart()).isBetween(20L, 29L);
        int start = (int) log.logStart();
        assertThat(values(log)).isEqualTo(words("value-", start, 60));
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void aLogThatNobodyAppendsToIsEmptyInTheEndAndGoesOnFromThere() throws Exception {
        open("log", ms(10 * SECOND));
        appendValues(log, 0, 5);
        pass(10 * SECOND);
        keep();
        assertThat(log.logStart()).isZero();
        pass(1);
        keep();
        assertThat(log.logStart()).isEqualTo(5);
        assertThat(log.sizeBytes()).isZero();
        assertThat(segments()).isEqualTo(1);
        appendValues(log, 5, 7);
        assertThat(values(log)).isEqualTo(words("value-", 5, 7));
        log.close();
        LogFixture.assertSound(folder);
    }

    @Test
    void theOldestSegmentsGoWhileTheRestIsLargeEnough() throws Exception {
        open("log", new Retention(-1, 3_000, Long.MAX_VALUE, -1));
        appendValues(log, 0, 200);
        keep();
        assertThat(log.sizeBytes()).isBetween(3_000L, 3_000L + 1024);
        int start = (int) log.logStart();
        assertThat(values(log)).isEqualTo(words("value-", start, 200));
    }

    @Test
    void nothingAtOrAboveTheHighWatermarkGoes() {
        open("log", new Retention(0, 0, Long.MAX_VALUE, -1));
        appendValues(log, 0, 100);
        pass(HOUR);
        log.keep(40);
        assertThat(log.logStart()).isBetween(20L, 40L);
        log.keep(100);
        assertThat(log.logStart()).isEqualTo(100);
    }

    @Test
    void forEverIsForEver() {
        open("log", Retention.FOREVER);
        appendValues(log, 0, 100);
        pass(1_000_000 * HOUR);
        keep();
        assertThat(values(log)).isEqualTo(words("value-", 0, 100));
    }

    @Test
    void aRoundDeletesSoManySegmentsAndTheNextOneGoesOn() throws Exception {
        open("log", ms(0));
        appendValues(log, 0, 4_000);
        int before = segments();
        assertThat(before).isGreaterThan(2 * Retention.MAX_SEGMENTS_A_ROUND);
        pass(1);
        keep();
        // The active segment was closed, and another one is active.
        assertThat(segments()).isEqualTo(before + 1 - Retention.MAX_SEGMENTS_A_ROUND);
        for (int round = 0; round < before / Retention.MAX_SEGMENTS_A_ROUND; round++) {
            keep();
        }
        assertThat(log.logStart()).isEqualTo(4_000);
    }

    @Test
    void aSegmentIsClosedWhenItsFirstAppendIsOldAlsoWhereNobodyAppends() throws Exception {
        open("log", new Retention(-1, -1, 10 * SECOND, -1));
        appendValues(log, 0, 1);
        pass(9 * SECOND);
        appendValues(log, 1, 2);
        keep();
        assertThat(segments()).isEqualTo(1);
        pass(SECOND);
        appendValues(log, 2, 3);
        assertThat(segments()).isEqualTo(2);
        pass(10 * SECOND);
        keep();
        assertThat(segments()).isEqualTo(3);
        assertThat(values(log)).isEqualTo(words("value-", 0, 3));
    }

    @Test
    void otherSettingsCountFromTheNextRoundAndTheNextAppendOn() throws Exception {
        open("log", Retention.FOREVER);
        appendValues(log, 0, 100);
        pass(HOUR);
        keep();
        assertThat(log.logStart()).isZero();
        int before = segments();
        log.configure(LogSettings.DEFAULT.withRetention(ms(2 * HOUR)));
        appendValues(log, 100, 200);
        assertThat(segments()).isEqualTo(before);
        keep();
        assertThat(log.logStart()).isZero();
        log.configure(LogSettings.DEFAULT.withRetention(ms(HOUR - 1)));
        keep();
        assertThat(log.logStart()).isBetween(80L, 100L);
    }

    @Test
    void agesGoOnAfterARestartAndTheTimeBetweenDoesNotCount() {
        open("log", ms(10 * HOUR));
        appendValues(log, 0, 100);
        for (int restart = 0; restart < 10; restart++) {
            pass(HOUR);
            keep();
            assertThat(log.logStart()).as("restart " + restart).isZero();
            log.close();
            // A process that starts has another zero of its monotonic clock, and while none ran
            // the wall clock may have gone anywhere.
            nanos = new Random(restart).nextLong() / 4;
            open("log", ms(10 * HOUR));
            keep();
            assertThat(log.logStart()).as("restart " + restart).isZero();
        }
        pass(1);
        keep();
        assertThat(log.logStart()).isEqualTo(100);
    }

    @Test
    void afterACrashASegmentLooksYoungerAtMostAndNeverOlder() throws Exception {
        open("log", ms(10 * HOUR));
        appendValues(log, 0, 5);
        pass(7 * HOUR);
        keep();
        // Saved now: an active segment of an age of 7 hours. Then it is appended to.
        pass(1);
        appendValues(log, 5, 6);
        LogFixture.copyFolder(folder, temp.resolve("crashed"));
        log.close();
        nanos = 0;
        open("crashed", ms(10 * HOUR));
        pass(9 * HOUR);
        keep();
        assertThat(log.logStart()).isZero();
        pass(HOUR + 1);
        keep();
        assertThat(log.logStart()).isEqualTo(6);
    }

    @Test
    void aCrashForgetsAnHourOfAgeAtMost() throws Exception {
        open("log", ms(10 * HOUR));
        appendValues(log, 0, 100);
        for (int minute = 0; minute < 9 * 60; minute++) {
            pass(HOUR / 60);
            keep();
        }
        LogFixture.copyFolder(folder, temp.resolve("crashed"));
        log.close();
        open("crashed", ms(10 * HOUR));
        pass(2 * HOUR + 1);
        keep();
        assertThat(log.logStart()).isPositive();
    }

    /** Each segment is deleted only after it was seen to be old enough, whatever happens. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothingIsDeletedEarlyByAnyJumpOrCrash(long seed) throws Exception {
        Random random = new Random(seed);
        long retentionMs = 1 + random.nextInt(5_000);
        long[] appendedAtMs = new long[100_000];
        long trueMs = 0;
        int folders = 0;
        open("log", ms(retentionMs));
        for (int step = 0; step < 400; step++) {
            long ms = random.nextInt(800);
            switch (random.nextInt(8)) {
                case 0:
                    log.close();
                    nanos = random.nextLong() / 4;
                    open(folder.getFileName().toString(), ms(retentionMs));
                    break;
                case 1:
                    Path crashed = temp.resolve("crash-" + folders++);
                    LogFixture.copyFolder(folder, crashed);
                    log.close();
                    nanos = random.nextLong() / 4;
                    open(crashed.getFileName().toString(), ms(retentionMs));
                    break;
                case 2:
                case 3:
                    int from = (int) log.logEnd();
                    int to = from + 1 + random.nextInt(20);
                    for (int i = from; i < to; i++) {
                        appendedAtMs[i] = trueMs;
                    }
                    appendValues(log, from, to);
                    break;
                case 4:
                    // The machine stood still, or nobody ran: time passes and is not seen.
                    trueMs += ms;
                    break;
                default:
                    trueMs += ms;
                    pass(ms);
            }
            keep();
            if (log.logStart() > 0) {
                assertThat(trueMs - appendedAtMs[(int) log.logStart() - 1])
                        .as("seed %d step %d", seed, step)
                        .isGreaterThan(retentionMs);
            }
            int start = (int) log.logStart();
            assertThat(values(log)).isEqualTo(words("value-", start, (int) log.logEnd()));
        }
        assertThat(log.logStart()).as("something was deleted").isPositive();
    }

    @Test
    void aDiskThatIsFullKeepsAllOfIt() {
        FaultyDisk disk = FaultyDisk.thatOnlyNotesForces();
        folder = temp.resolve("full");
        LogSettings settings =
                new LogSettings(1024, 1 << 20, Fsync.GROUP, 0, () -> nanos).withRetention(ms(0));
        log = FileLog.open(disk, folder, ID, settings);
        appendValues(log, 0, 50);
        pass(1);
        disk.hasNoRoomForFiles = true;
        FileLogTest.assertProblem(dev.restbus.api.ProblemCode.DISK_FULL, this::keep);
        disk.hasNoRoomForFiles = false;
        assertThat(values(log)).isEqualTo(words("value-", 0, 50));
        keep();
        assertThat(log.logStart()).isEqualTo(50);
        assertThat(List.of(log.logEnd(), log.durableEnd())).containsOnly(50L);
    }
}
