package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * A force of a log fails, the process is started again, and then the power goes. In between the
 * system's cache shows what the disk does not have, and a force of it succeeds and does nothing.
 */
class FailedForceTest {

    private static final Path ROOT = Path.of("/data");
    private static final LogId ID = new LogId("t", new UUID(1, 1), 0);

    private PowerCutDisk disk = new PowerCutDisk(new Random(1));
    private final List<String> written = new ArrayList<>();

    private LogDirectory directory() {
        return LogDirectory.open(ROOT, disk, 1 << 20, new WriteAheadLogTest.SameThread());
    }

    private static FileLog log(LogDirectory directory) {
        return directory.open(ID, LogSettings.DEFAULT.withSegmentBytes(64 << 10));
    }

    private void append(FileLog log, int count) {
        for (int i = 0; i < count; i++) {
            String value = written.size() + "-" + "x".repeat(300);
            log.append(List.of(LogFixture.batch(value)), 1);
            written.add(value);
        }
    }

    /** The process ends here: nothing is closed. */
    private void fencedByAFailedForce(boolean inTheWriteAheadLog) {
        LogDirectory directory = directory();
        FileLog log = log(directory);
        append(log, 20);
        log.force();
        append(log, 10);
        if (inTheWriteAheadLog) {
            directory.writeAhead().begin();
            assertThat(directory.writeAhead().add(log)).isTrue();
            assertThat(directory.writeAhead().commit()).isTrue();
            assertThat(log.durableEnd()).isEqualTo(30);
        }
        disk.failsToForce = path -> path.toString().endsWith(".log");
        assertThat(catchThrowable(() -> force(log, inTheWriteAheadLog)))
                .hasMessageContaining("Input/output error");
        disk.failsToForce = path -> false;
    }

    private static void force(FileLog log, boolean inTheWriteAheadLog) {
        if (inTheWriteAheadLog) {
            log.checkpoint();
        } else {
            log.force();
        }
    }

    private void isThereAfterARestartAndAPowerCut() throws Exception {
        LogDirectory directory = directory();
        FileLog log = log(directory);
        assertThat(LogFixture.values(log)).isEqualTo(written);
        assertThat(log.durableEnd()).isEqualTo(written.size());

        disk = disk.afterCut();
        try (LogDirectory after = directory()) {
            assertThat(LogFixture.values(log(after))).isEqualTo(written);
        }
        assertThat(LogCheck.check(disk, ROOT).findings()).isEmpty();
    }

    @Test
    void whatTheWriteAheadLogHeldOutlivesBoth() throws Exception {
        fencedByAFailedForce(true);
        isThereAfterARestartAndAPowerCut();
    }

    @Test
    void whatARestartServesOutlivesAPowerCut() throws Exception {
        fencedByAFailedForce(false);
        isThereAfterARestartAndAPowerCut();
    }
}
