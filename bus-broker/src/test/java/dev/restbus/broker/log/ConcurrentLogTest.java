package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One thread appends, one forces, some read: through rolls and the change of indexes to files. */
@Timeout(60)
class ConcurrentLogTest {

    private static final int RECORDS = 5_000;

    @TempDir Path temp;

    @Test
    void readersSeeEveryRecordOnceItIsBelowTheLogEnd() throws Exception {
        Path folder = temp.resolve("log");
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(20_000);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (FileLog log = FileLog.open(new FileDisk(), folder, ID, settings)) {
            List<Future<?>> running = new ArrayList<>();
            running.add(threads.submit(() -> append(log)));
            running.add(threads.submit(() -> force(log)));
            running.add(threads.submit(() -> readInOrder(log)));
            running.add(threads.submit(() -> readAnywhere(log, new Random(1))));
            running.add(threads.submit(() -> readAnywhere(log, new Random(2))));
            for (Future<?> one : running) {
                one.get(50, TimeUnit.SECONDS);
            }
            assertThat(log.durableEnd()).isEqualTo(RECORDS);
        } finally {
            threads.shutdownNow();
        }
        LogFixture.assertSound(folder);
    }

    private static Void append(FileLog log) {
        for (int i = 0; i < RECORDS; i++) {
            log.append(List.of(batch("value-" + i)), 1 + i / 1000);
        }
        return null;
    }

    private static Void force(FileLog log) {
        long durable = 0;
        while (durable < RECORDS) {
            long writtenBefore = log.logEnd();
            durable = log.force();
            assertThat(durable).isGreaterThanOrEqualTo(writtenBefore);
            assertThat(log.durableEnd()).isLessThanOrEqualTo(log.logEnd());
            assertThat(log.unforcedBytes()).isNotNegative();
        }
        return null;
    }

    private static Void readInOrder(FileLog log) {
        List<String> values = new ArrayList<>();
        while (values.size() < RECORDS) {
            long end = log.logEnd();
            if (values.size() < end) {
                LogFixture.addValues(log.read(values.size(), 1000, end), values.size(), values);
            }
        }
        assertThat(values).isEqualTo(LogFixture.words("value-", 0, RECORDS));
        return null;
    }

    private static Void readAnywhere(FileLog log, Random random) {
        for (long end = 0; end < RECORDS; end = log.logEnd()) {
            if (end > 0) {
                int from = random.nextInt((int) end);
                List<String> values = new ArrayList<>();
                LogFixture.addValues(log.read(from, 300, end), from, values);
                assertThat(values)
                        .isEqualTo(LogFixture.words("value-", from, from + values.size()));
                assertThat(values).isNotEmpty();
            }
        }
        return null;
    }
}
