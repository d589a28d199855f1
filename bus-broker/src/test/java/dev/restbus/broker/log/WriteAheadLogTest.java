package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power goes at a random call to the disk while several logs share the write-ahead log, also
 * while it is replayed: what any of them called durable is there afterwards, and nothing else than
 * what was written.
 */
class WriteAheadLogTest {

    private static final Path ROOT = Path.of("/data");
    private static final int LOGS = 4;
    private static final int RUNS = 60;
    private static final int CUTS = 8;

    private Random random;
    private PowerCutDisk disk;
    private long nanos;
    private final List<List<String>> written = new ArrayList<>();
    private final long[] durable = new long[LOGS];

    /** Whether the write-ahead log is thrown away after each cut, and how often that was felt. */
    private boolean forgetful;

    private int losses;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void nothingDurableIsLostAndNothingIsInvented(long seed) throws Exception {
        cutOften(seed);
        assertThat(losses).isZero();
    }

    /** The control: the test above would see a loss. */
    @Test
    void withoutItSomethingIsLost() throws Exception {
        forgetful = true;
        cutOften(1);
        assertThat(losses).isPositive();
    }

    private void cutOften(long seed) throws Exception {
        random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            begin();
            for (int cut = 0; cut < CUTS; cut++) {
                String when = "seed " + seed + " run " + run + " cut " + cut;
                disk.callsLeft = random.nextInt(250);
                try {
                    runUntilTheCut(when);
                } catch (PowerCutDisk.NoPower e) {
                    disk = disk.afterCut();
                }
                assertUndamaged(when);
                if (forgetful) {
                    WriteAheadLog.files(ROOT).forEach(disk::delete);
                }
            }
        }
    }

    @Test
    void aRoundOfManyLogsNeedsOneForce() throws Exception {
        random = new Random(7);
        begin();
        try (LogDirectory directory = open(1 << 20)) {
            List<FileLog> logs = openAll(directory, "");
            logs.forEach(log -> append(log, "first"));
            logs.forEach(FileLog::force);
            logs.forEach(log -> append(log, "second, which makes the file"));
            commit(directory, logs);
            logs.forEach(log -> append(log, "third"));

            disk.callsLeft = 2;
            commit(directory, logs);

            assertThat(disk.callsLeft).as("one write and one force").isZero();
            logs.forEach(log -> assertThat(log.durableEnd()).isEqualTo(log.logEnd()));
            disk.callsLeft = Long.MAX_VALUE;
        }
        assertThat(disk.list(ROOT)).as("after a clean stop").noneMatch(n -> n.startsWith("write-"));
        assertUndamaged("at the end");
    }

    @Test
    void aRoundThatIsTooLargeIsLeftToTheLogs() throws Exception {
        random = new Random(8);
        begin();
        try (LogDirectory directory = open(1 << 20)) {
            FileLog log = openAll(directory, "").get(0);
            append(log, "x");
            log.force();
            log.append(List.of(LogFixture.batch("y".repeat(WriteAheadRound.MAX_BYTES))), 1);

            WriteAheadLog ahead = directory.writeAhead();
            ahead.begin();
            assertThat(ahead.add(log)).isFalse();
            assertThat(ahead.commit()).isTrue();
            assertThat(log.durableEnd()).isEqualTo(1);
        }
        assertUndamaged("at the end");
    }

    private void begin() {
        disk = new PowerCutDisk(random);
        written.clear();
        for (int i = 0; i < LOGS; i++) {
            written.add(new ArrayList<>());
            durable[i] = 0;
        }
    }

    private LogDirectory open(int writeAheadBytes) {
        return LogDirectory.open(ROOT, disk, writeAheadBytes, new SameThread());
    }

    private List<FileLog> openAll(LogDirectory directory, String when) {
        List<FileLog> logs = new ArrayList<>();
        for (int i = 0; i < LOGS; i++) {
            LogSettings settings =
                    new LogSettings(
                            1024 + random.nextInt(8_000), 1 << 20, Fsync.GROUP, 1_000, () -> nanos);
            FileLog log = directory.open(new LogId("t" + i, new UUID(1, i), i), settings);
            List<String> read = LogFixture.values(log);
            losses += log.logEnd() < durable[i] ? 1 : 0;
            assertThat(losses == 0 || forgetful).as(when + " log " + i).isTrue();
            assertThat(read).as(when).isEqualTo(written.get(i).subList(0, read.size()));
            written.set(i, new ArrayList<>(read));
            durable[i] = read.size();
            logs.add(log);
        }
        return logs;
    }

    private void runUntilTheCut(String when) {
        while (true) {
            LogDirectory directory = open((1 + random.nextInt(4)) * Disk.BLOCK_BYTES);
            List<FileLog> logs = openAll(directory, when);
            for (int steps = random.nextInt(80); steps > 0; steps--) {
                step(directory, logs);
            }
            directory.close();
            logs.forEach(log -> durable[logs.indexOf(log)] = log.logEnd());
        }
    }

    private void step(LogDirectory directory, List<FileLog> logs) {
        nanos += random.nextInt(500_000_000);
        FileLog log = logs.get(random.nextInt(LOGS));
        switch (random.nextInt(10)) {
            case 0:
                durable[logs.indexOf(log)] = log.force();
                break;
            case 1:
            case 2:
            case 3:
                commit(directory, logs.subList(0, 1 + random.nextInt(LOGS)));
                logs.forEach(each -> durable[logs.indexOf(each)] = each.durableEnd());
                break;
            default:
                append(log, "x".repeat(random.nextInt(500)));
        }
    }

    static void commit(LogDirectory directory, List<FileLog> logs) {
        WriteAheadLog ahead = directory.writeAhead();
        ahead.begin();
        List<FileLog> taken = new ArrayList<>();
        for (FileLog log : logs) {
            if (ahead.add(log)) {
                taken.add(log);
            } else {
                log.force();
            }
        }
        if (!ahead.commit()) {
            taken.forEach(FileLog::force);
        }
    }

    private void append(FileLog log, String padding) {
        List<String> own = written.get(log.id().partition());
        List<Slice> batches = new ArrayList<>();
        for (int b = 1 + random.nextInt(3); b > 0; b--) {
            String value = own.size() + "-" + padding;
            own.add(value);
            batches.add(LogFixture.batch(value));
        }
        log.append(batches, 1);
    }

    private void assertUndamaged(String when) throws IOException {
        disk.callsLeft = Long.MAX_VALUE;
        for (String name : disk.list(ROOT.resolve("logs"))) {
            LogCheck.Report report = LogCheck.checkLog(disk, ROOT.resolve("logs").resolve(name));
            assertThat(report.findings().stream().filter(LogCheck.Finding::damage))
                    .as(when)
                    .isEmpty();
        }
    }

    /** Has its tasks done before {@code execute} returns. */
    static final class SameThread extends AbstractExecutorService {
        private boolean shut;

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void shutdown() {
            shut = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shut = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shut;
        }

        @Override
        public boolean isTerminated() {
            return shut;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shut;
        }
    }
}
