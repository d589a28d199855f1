package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.restbus.api.Acks;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogDirectory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand topics of which a hundred are written to: files and memory stay bounded. */
@Tag("long")
class ManyTopicsTest {

    private static final int TOPICS = 10_000;
    private static final int ACTIVE = 100;
    private static final int MAX_OPEN_FILES = 1_000;
    private static final int ROUNDS = 50;

    /** Of a log that is open and has nothing in it. */
    private static final int MAX_IDLE_BYTES = 8 * 1024;

    @TempDir Path root;

    private LogDirectory directory;
    private GroupCommit commit;
    private ExecutorService completions;
    private Partitions partitions;

    @Test
    void tenThousandTopicsOfWhichAHundredAreActive() throws Exception {
        long files = openFiles();
        open();
        long heap = usedHeapBytes();
        for (int i = 0; i < TOPICS; i++) {
            partitions.leader("t" + i, 0);
        }
        report("created", files, heap);
        long start = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            writeToActive();
        }
        System.out.printf(
                "%d records, acks=all, in %d ms%n",
                ROUNDS * ACTIVE, (System.nanoTime() - start) / 1_000_000);
        report("written", files, heap);
        close();
        assertThat(openFiles() - files).isLessThan(50);

        start = System.nanoTime();
        open();
        System.out.printf("opened again in %d ms%n", (System.nanoTime() - start) / 1_000_000);
        heap = usedHeapBytes();
        start = System.nanoTime();
        try (LogKeeper keeper = new LogKeeper(partitions, 1, 0)) {
            long opened = 0;
            while (opened < TOPICS) {
                long[] count = new long[1];
                partitions.forEachOpen(leader -> count[0]++);
                opened = count[0];
                Thread.onSpinWait();
            }
        }
        System.out.printf("all logs kept in %d ms%n", (System.nanoTime() - start) / 1_000_000);
        report("all open again", files, heap);
        for (int i = 0; i < TOPICS; i++) {
            assertThat(partitions.leader("t" + i, 0).logEnd())
                    .isEqualTo(i % (TOPICS / ACTIVE) == 0 ? ROUNDS : 0);
        }
        close();
        assertThat(LogCheck.check(new FileDisk(), root).sound()).isTrue();
    }

    private void open() {
        directory = LogDirectory.open(root, new FileDisk(MAX_OPEN_FILES));
        commit = new GroupCommit("group-commit", directory);
        completions = Executors.newFixedThreadPool(1);
        partitions = new Partitions(directory, commit, completions, Fsync.GROUP);
        Map<String, TopicMetadata> topics = new HashMap<>();
        PartitionMetadata only = new PartitionMetadata(0, 1, 1, 1, List.of(1), List.of(1));
        for (int i = 0; i < TOPICS; i++) {
            String name = "t" + i;
            UUID id = new UUID(5, i);
            topics.put(name, new TopicMetadata(name, id, List.of(only), 1, true, Map.of(), 0));
        }
        partitions.apply(new MetadataImage(1, topics, Map.of()));
    }

    private void close() {
        partitions.close();
        commit.close();
        completions.shutdown();
        directory.close();
    }

    private void writeToActive() throws Exception {
        List<CompletableFuture<Long>> answers = new ArrayList<>();
        for (int i = 0; i < TOPICS; i += TOPICS / ACTIVE) {
            BatchBuilder builder = new BatchBuilder(1_000);
            builder.begin();
            builder.append(0, null, Slice.of(new byte[200]), new RecordHeaders());
            byte[] batch = Arrays.copyOf(builder.bytes(), builder.finish(0));
            PartitionLeader leader = partitions.leader("t" + i, 0);
            answers.add(leader.append(List.of(Slice.of(batch)), Acks.ALL, 30_000));
        }
        for (CompletableFuture<Long> answer : answers) {
            answer.get();
        }
    }

    /** Prints and checks what all the logs, which are open, take. */
    private static void report(String when, long filesBefore, long heapBefore) {
        long files = openFiles() - filesBefore;
        long bytes = (usedHeapBytes() - heapBefore) / TOPICS;
        System.out.printf("%s: %d files open, %d bytes of heap a topic%n", when, files, bytes);
        assertThat(files).as(when).isLessThan(MAX_OPEN_FILES + 2 * ACTIVE);
        assertThat(bytes).as(when).isLessThan(MAX_IDLE_BYTES);
    }

    private static long openFiles() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof UnixOperatingSystemMXBean system
                ? system.getOpenFileDescriptorCount()
                : 0;
    }

    private static long usedHeapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
