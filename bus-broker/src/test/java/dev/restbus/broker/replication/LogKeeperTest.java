package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.restbus.broker.log.LogId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogKeeperTest {

    private static final int KILOBYTE = 1_000;
    private static final UUID ID = new UUID(1, 2);

    @TempDir Path root;

    private LogDirectory directory;
    private GroupCommit commit;
    private ExecutorService completions;
    private Partitions partitions;
    private long version;

    private void open(Map<String, String> config) {
        directory = LogDirectory.open(root, new FileDisk());
        commit = new GroupCommit("group-commit");
        completions = Executors.newFixedThreadPool(1);
        partitions = new Partitions(directory, commit, completions, Fsync.GROUP);
        configure(config);
    }

    private void configure(Map<String, String> config) {
        PartitionMetadata only = new PartitionMetadata(0, 1, 1, 1, List.of(1), List.of(1));
        TopicMetadata topic = new TopicMetadata("t", ID, List.of(only), 1, true, config, 0);
        partitions.apply(new MetadataImage(++version, Map.of("t", topic), Map.of()));
    }

    private void close() throws IOException {
        partitions.close();
        commit.close();
        completions.shutdown();
        directory.close();
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    private void fill(int records) throws Exception {
        BatchBuilder builder = new BatchBuilder(KILOBYTE);
        for (int i = 0; i < records; i++) {
            builder.begin();
            byte[] value = new byte[KILOBYTE];
            builder.append(0, Slice.utf8("key"), Slice.of(value), new RecordHeaders());
            byte[] batch = Arrays.copyOf(builder.bytes(), builder.finish(0));
            partitions.leader("t", 0).append(List.of(Slice.of(batch)), Acks.ALL, 30_000).get();
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aLogThatNobodyAsksForIsKeptAsWell() throws Exception {
        open(Map.of("segment.bytes", "16384"));
        fill(60);
        close();
        long full = LogCheck.check(new FileDisk(), root).logs().get(0).bytes();

        open(Map.of("segment.bytes", "16384", "retention.bytes", "16384"));
        LogKeeper keeper = new LogKeeper(partitions, 1, 0);
        await(() -> partitions.present().size() == 1 && openedStart() > 0);
        keeper.close();
        keeper.close();
        close();
        LogCheck.Summary kept = LogCheck.check(new FileDisk(), root).logs().get(0);
        assertThat(kept.bytes()).isBetween(16_384L, full / 2);
        assertThat(kept.start()).isPositive();
        assertThat(kept.end()).isEqualTo(60);
    }

    /** Of the log, if the keeper opened it. */
    private long openedStart() {
        long[] start = {0};
        partitions.forEachOpen(leader -> start[0] = leader.logStart());
        return start[0];
    }

    @Test
    void whatIsConfiguredLaterCountsAndALogThatIsDeletedIsLeftAlone() throws Exception {
        open(Map.of("segment.bytes", "16384"));
        fill(40);
        LogKeeper keeper = new LogKeeper(partitions, 1, 0);
        long size = partitions.leader("t", 0).sizeBytes();
        configure(Map.of("segment.bytes", "16384", "cleanup.policy", "compact"));
        await(() -> partitions.leader("t", 0).sizeBytes() < size / 2);
        fill(20);
        partitions.apply(new MetadataImage(++version, Map.of(), Map.of()));
        assertThat(directory.present()).isEmpty();
        keeper.close();
        close();
    }

    @Test
    void whatTheDiskDamagesIsFoundWithoutAReader() throws Exception {
        open(Map.of("segment.bytes", "16384"));
        fill(60);
        partitions.close();
        commit.close();
        completions.shutdown();
        directory.close();
        Path log =
                root.resolve("logs")
                        .resolve(new LogId("t", ID, 0).folderName())
                        .resolve("00000000000000000000.log");
        byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= 4;
        Files.write(log, bytes);

        open(Map.of("segment.bytes", "16384"));
        LogKeeper keeper = new LogKeeper(partitions, 1, 20_000);
        await(() -> keeper.damagedRecords() == 1);
        keeper.close();
        assertThat(keeper.damagedRecords()).isEqualTo(1);
        partitions.close();
        commit.close();
        completions.shutdown();
        directory.close();
        assertThat(LogCheck.check(new FileDisk(), root).findings()).hasSize(1);
    }

    @Test
    void onePassIsMadeAnHourAndARoundReadsOnlySoMuch() throws Exception {
        open(Map.of("segment.bytes", "16384"));
        fill(200);
        long[] nanos = {0};
        Scrubber scrubber = new Scrubber(100_000, () -> nanos[0]);
        int[] asked = {0};
        BooleanSupplier never =
                () -> {
                    asked[0]++;
                    return false;
                };
        List<PartitionLeader> leaders = List.of(partitions.leader("t", 0));
        scrubber.round(leaders, never);
        assertThat(asked[0]).as("pieces of a segment each").isBetween(5, 10);
        for (int round = 0; round < 5; round++) {
            scrubber.round(leaders, never);
        }
        asked[0] = 0;
        scrubber.round(leaders, never);
        assertThat(asked[0]).as("the pass has ended").isEqualTo(1);
        nanos[0] = Scrubber.PASS_NANOS;
        scrubber.round(leaders, never);
        assertThat(asked[0]).as("the next one has begun").isGreaterThan(5);
        assertThat(scrubber.damagedRecords()).isZero();
        close();
    }
}
