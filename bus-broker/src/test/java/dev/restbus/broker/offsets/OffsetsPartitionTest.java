package dev.restbus.broker.offsets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetEntry.DeadLetterMove;
import dev.restbus.broker.offsets.OffsetEntry.Retry;
import dev.restbus.broker.offsets.OffsetsPartition.Accepted;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffsetsPartitionTest {

    private static final UUID OFFSETS_ID = new UUID(1, 2);
    private static final List<String> GROUPS = List.of("g", "orders", "group-A");
    private static final UUID TOPIC_ID = new UUID(3, 4);

    @TempDir Path folder;

    /** A data folder that is open, with one partition of the offsets topic. */
    private static final class Store implements AutoCloseable {
        private final LogDirectory directory;
        private final GroupCommit groupCommit = new GroupCommit("test-commit");
        private final Partitions partitions;
        private final OffsetsPartition offsets;

        Store(Path root) {
            directory = LogDirectory.open(root, new FileDisk());
            partitions = new Partitions(directory, groupCommit, Runnable::run, Fsync.GROUP);
            PartitionMetadata numbers = new PartitionMetadata(0, 1, 1, 1, List.of(1), List.of(1));
            TopicMetadata topic =
                    new TopicMetadata(
                            OffsetStore.TOPIC, OFFSETS_ID, List.of(numbers), 1, true, Map.of(), 0);
            partitions.apply(new MetadataImage(1, Map.of(topic.name(), topic), Map.of()));
            offsets = OffsetsPartition.load(leader(), InstantSource.system());
        }

        PartitionLeader leader() {
            return partitions.leader(OffsetStore.TOPIC, 0);
        }

        @Override
        public void close() {
            partitions.close();
            groupCommit.close();
            directory.close();
        }
    }

    @Test
    void whateverACrashCutsOffTheRestIsThereAndNothingElse() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        // By log end: what the model held when that much was appended.
        Map<Long, Map<OffsetKey, OffsetEntry>> history = new HashMap<>();
        Path root = folder.resolve("data");
        Path crashed = folder.resolve("crashed");
        try (Store store = new Store(root)) {
            Map<OffsetKey, OffsetEntry> model = new HashMap<>();
            history.put(0L, Map.of());
            byte[] recoveryPoint = Files.readAllBytes(recoveryPoint(root));
            for (int step = 0; step < 20; step++) {
                await(randomChange(store.offsets, model, random));
                history.put(store.leader().logEnd(), Map.copyOf(model));
                assertThat(state(store.offsets)).as("seed %s step %s", seed, step).isEqualTo(model);
            }
            // As it would be found: nothing was promised to be on disk but what the log holds.
            copy(root, crashed);
            Files.write(recoveryPoint(crashed), recoveryPoint);
        }
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();

        byte[] log = Files.readAllBytes(segment(crashed));
        int end = 0;
        while (end < log.length) {
            int size = RecordBatch.sizeBytes(log, end);
            // Within the batch it is lost whole, behind it it is there whole.
            checkCrash(crashed, log, end + 1 + random.nextInt(size - 1), history, seed);
            end += size;
            checkCrash(crashed, log, end, history, seed);
        }
    }

    private void checkCrash(
            Path crashed,
            byte[] log,
            int cut,
            Map<Long, Map<OffsetKey, OffsetEntry>> history,
            long seed)
            throws Exception {
        Path copy = folder.resolve("cut-" + cut);
        copy(crashed, copy);
        Files.write(segment(copy), java.util.Arrays.copyOf(log, cut));
        try (Store store = new Store(copy)) {
            assertThat(state(store.offsets))
                    .as("seed %s cut at byte %s", seed, cut)
                    .isEqualTo(history.get(store.leader().logEnd()));
        }
        assertThat(LogCheck.check(new FileDisk(), copy).sound()).isTrue();
    }

    @Test
    void aRefusedDecisionChangesNothing() {
        try (Store store = new Store(folder.resolve("data"))) {
            OffsetKey key = new OffsetKey("g", TOPIC_ID, 0);
            assertThatThrownBy(
                            () ->
                                    store.offsets.update(
                                            draft -> {
                                                draft.put(key, OffsetEntry.fresh("t"));
                                                throw ProblemCode.STALE_MEMBER_EPOCH.exception(
                                                        "no");
                                            }))
                    .isInstanceOf(BusException.class);
            assertThat(store.offsets.peek(key)).isNull();
            assertThat(store.leader().logEnd()).isZero();
        }
    }

    @Test
    void aDecisionSeesWhatItPut() {
        try (Store store = new Store(folder.resolve("data"))) {
            OffsetKey key = new OffsetKey("g", TOPIC_ID, 0);
            store.offsets.update(
                    draft -> {
                        draft.put(key, OffsetEntry.fresh("t").raisedTo("a", 1, 1));
                        assertThat(draft.getOrFresh(key, "t").fence().isOf("a", 1)).isTrue();
                        draft.remove(key);
                        assertThat(draft.get(key)).isNull();
                        return 0;
                    });
            assertThat(store.offsets.groups()).isEmpty();
        }
    }

    @Test
    void manyChangesAtOnceAreAllThereAfterARestart() throws Exception {
        Path root = folder.resolve("data");
        String metadata = "m".repeat(OffsetEntry.MAX_METADATA_BYTES);
        try (Store store = new Store(root)) {
            await(
                    store.offsets.update(
                            draft -> {
                                for (int p = 0; p < 1_000; p++) {
                                    draft.put(
                                            new OffsetKey("g", TOPIC_ID, p),
                                            OffsetEntry.fresh("t")
                                                    .committedAt(new Committed(p, metadata, 0, 1)));
                                }
                                return 0;
                            }));
        }
        try (Store store = new Store(root)) {
            Map<OffsetKey, OffsetEntry> all = store.offsets.entries("g").get(10, TimeUnit.SECONDS);
            assertThat(all).hasSize(1_000);
            assertThat(all.get(new OffsetKey("g", TOPIC_ID, 999)).nextOffset(-1)).isEqualTo(999);
        }
    }

    private static Accepted<Integer> randomChange(
            OffsetsPartition offsets, Map<OffsetKey, OffsetEntry> model, Random random) {
        int keys = 1 + random.nextInt(3);
        List<OffsetKey> chosen = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            String group = GROUPS.get(random.nextInt(GROUPS.size()));
            chosen.add(new OffsetKey(group, TOPIC_ID, random.nextInt(3)));
        }
        return offsets.update(
                draft -> {
                    for (OffsetKey key : chosen) {
                        if (random.nextInt(8) == 0) {
                            draft.remove(key);
                            model.remove(key);
                        } else {
                            OffsetEntry next = randomStep(draft.getOrFresh(key, "t"), random);
                            draft.put(key, next);
                            model.put(key, next);
                        }
                    }
                    return chosen.size();
                });
    }

    private static OffsetEntry randomStep(OffsetEntry entry, Random random) {
        long next = random.nextInt(1_000);
        Committed committed =
                new Committed(next, random.nextBoolean() ? "n\"ö" : null, random.nextLong(), 2);
        Retry retry = new Retry(next, 1 + random.nextInt(4), 5, 6, "why\n");
        return switch (random.nextInt(6)) {
            case 0 -> entry.raisedTo("m" + random.nextInt(3), random.nextInt(9), 1);
            case 1 -> entry.committedAt(committed);
            case 2 -> entry.resetTo(committed);
            case 3 -> entry.failed(retry);
            case 4 -> entry.moving(retry, new DeadLetterMove(next, "d", TOPIC_ID, 1, 77));
            default -> entry.moved(committed);
        };
    }

    private static Map<OffsetKey, OffsetEntry> state(OffsetsPartition offsets) {
        Map<OffsetKey, OffsetEntry> all = new HashMap<>();
        for (String group : offsets.groups()) {
            all.putAll(offsets.update(draft -> draft.entries(group)).answer());
        }
        return all;
    }

    private static void await(Accepted<?> accepted) throws Exception {
        accepted.durable().get(10, TimeUnit.SECONDS);
    }

    private static Path segment(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            var log = FileSystems.getDefault().getPathMatcher("glob:**/*.log");
            return files.filter(log::matches).findFirst().orElseThrow();
        }
    }

    private static Path recoveryPoint(Path root) throws IOException {
        return segment(root).resolveSibling("recovery-point");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
