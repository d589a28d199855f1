package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power goes at a random call to the disk, again and again, also during recovery: what was
 * durable is there afterwards, what was not is a prefix of what was written, and nothing looks
 * damaged.
 */
class PowerCutTest {

    private static final Path FOLDER = Path.of("/data/log");
    private static final int LOGS = 40;
    private static final int CUTS = 12;
    private static final int MAX_CALLS = 150;

    private Random random;
    private PowerCutDisk disk;
    private long nanos;
    private int epoch;
    private Fsync fsync = Fsync.GROUP;

    /** Everything given to append since the log was last read back whole. */
    private List<String> written;

    private long durable;

    /** Where the log starts at least, and where it may start after a call that was cut off. */
    private long start;

    private long mayStart;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothingDurableIsLostAndNothingIsInvented(long seed) throws Exception {
        random = new Random(seed);
        for (int log = 0; log < LOGS; log++) {
            disk = new PowerCutDisk(random);
            written = new ArrayList<>();
            durable = 0;
            start = 0;
            mayStart = 0;
            epoch = 1;
            for (int cut = 0; cut < CUTS; cut++) {
                String when = "seed " + seed + " log " + log + " cut " + cut;
                disk.callsLeft = random.nextInt(MAX_CALLS);
                try {
                    runUntilTheCut(when);
                } catch (PowerCutDisk.NoPower e) {
                    disk = disk.afterCut();
                }
                assertUndamaged(when);
            }
            assertThat(written).isNotEmpty();
        }
    }

    private FileLog open() {
        fsync = random.nextInt(10) == 0 ? Fsync.NEVER : Fsync.GROUP;
        LogSettings settings =
                new LogSettings(1024 + random.nextInt(8_000), 1 << 20, fsync, 1_000, () -> nanos);
        return FileLog.open(disk, FOLDER, ID, settings);
    }

    private void runUntilTheCut(String when) {
        while (true) {
            FileLog log = open();
            assertThat(log.logEnd()).as(when).isBetween(durable, (long) written.size());
            assertThat(log.logStart()).as(when).isBetween(start, mayStart);
            start = log.logStart();
            int end = (int) log.logEnd();
            List<String> read = LogFixture.values(log);
            assertThat(read).as(when).isEqualTo(written.subList((int) start, end));
            written.subList(end, written.size()).clear();
            durable = end;
            for (int steps = random.nextInt(60); steps > 0; steps--) {
                step(log);
            }
            log.close();
            durable = log.logEnd();
        }
    }

    private void step(FileLog log) {
        nanos += random.nextInt(500_000_000);
        switch (random.nextInt(13)) {
            case 0:
                epoch += 1 + random.nextInt(2);
                break;
            case 1:
            case 2:
            case 3:
                forced(log.force());
                break;
            case 4:
                mayStart = Math.max(start, log.durableEnd() - random.nextInt(5));
                start = log.startAt(mayStart);
                assertThat(start).isEqualTo(mayStart);
                break;
            default:
                append(log);
        }
    }

    /** What is called durable without fsync is not. */
    private void forced(long durableEnd) {
        if (fsync == Fsync.GROUP) {
            durable = durableEnd;
        }
    }

    private void append(FileLog log) {
        List<Slice> batches = new ArrayList<>();
        for (int b = 1 + random.nextInt(3); b > 0; b--) {
            String value = written.size() + "-" + "x".repeat(random.nextInt(700));
            written.add(value);
            batches.add(LogFixture.batch(value));
        }
        log.append(batches, epoch);
    }

    private void assertUndamaged(String when) throws IOException {
        disk.callsLeft = Long.MAX_VALUE;
        LogCheck.Report report = LogCheck.checkLog(disk, FOLDER);
        assertThat(report.findings().stream().filter(LogCheck.Finding::damage)).as(when).isEmpty();
    }
}
