package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.Retention;
import dev.restbus.broker.replication.PartitionLeader.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RepeatsTest {

    private static final long SEED = Long.getLong("restbus.seed", 2026);
    private static final LogId ID = new LogId("t", new UUID(1, 1), 0);
    private static final int SEGMENT_BYTES = 4 << 10;

    @TempDir Path folders;

    private final AtomicLong nanos = new AtomicLong();
    private int opened;
    private Path root;
    private LogDirectory directory;
    private GroupCommit commit;
    private ExecutorService completions;
    private PartitionLeader leader;

    @BeforeEach
    void begin() {
        root = folders.resolve("0");
        open();
    }

    private void open() {
        directory = LogDirectory.open(root, new FileDisk());
        commit = new GroupCommit("group-commit");
        completions = Executors.newFixedThreadPool(2);
        leader =
                new PartitionLeader(
                        new TopicPartition("t", 0),
                        ID.topicId(),
                        1,
                        directory.open(
                                ID,
                                new LogSettings(
                                        SEGMENT_BYTES, 1 << 20, Fsync.GROUP, 1_000, nanos::get)),
                        new PartitionLeader.Commits(
                                commit, completions, new AtomicLong(), () -> false));
    }

    @AfterEach
    void end() throws IOException {
        close();
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    private void close() {
        leader.close();
        commit.close();
        completions.shutdown();
        directory.close();
    }

    private void restart() {
        close();
        open();
    }

    /** Goes on with a copy of the files as they were while the process ran. */
    private void crash() throws IOException {
        opened++;
        Path copy = folders.resolve(Integer.toString(opened));
        try (Stream<Path> all = Files.walk(root)) {
            for (Path from : (Iterable<Path>) all::iterator) {
                Path to = copy.resolve(root.relativize(from).toString());
                if (Files.isDirectory(from)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(from, to);
                }
            }
        }
        close();
        root = copy;
        open();
    }

    private Path snapshot() throws IOException {
        return snapshots().get(0);
    }

    private List<Path> snapshots() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(path -> path.endsWith("producers")).toList();
        }
    }

    /** Fills a segment: a start that would read less needs no snapshot. */
    private void fillSegment() throws Exception {
        long base = leader.log().activeBase();
        while (leader.log().activeBase() == base) {
            leader.append(List.of(Slice.of(batch(9))), Acks.ALL, 30_000).get(30, TimeUnit.SECONDS);
        }
    }

    private Stored once(byte[] batch, Acks acks) throws Exception {
        return leader.appendOnce(Slice.of(batch), acks, 30_000, null).get(30, TimeUnit.SECONDS);
    }

    private BusException refused(byte[] batch) {
        return (BusException)
                leader.appendOnce(Slice.of(batch), Acks.LEADER, 30_000, null)
                        .handle((stored, failure) -> failure)
                        .join()
                        .getCause();
    }

    static byte[] sequenced(long producerId, int epoch, int sequence, int records) {
        byte[] batch = batch(records);
        Bytes.putLong(batch, RecordBatch.PRODUCER_ID_AT, producerId);
        Bytes.putShort(batch, RecordBatch.PRODUCER_EPOCH_AT, (short) epoch);
        Bytes.putInt(batch, RecordBatch.BASE_SEQUENCE_AT, sequence);
        Bytes.putInt(batch, RecordBatch.CRC_AT, RecordBatch.computeCrc(batch, 0));
        return batch;
    }

    private static byte[] claimed(long id, int hash, int records) {
        byte[] batch = batch(records);
        new Claim(id, (short) 3, hash).putInto(batch, 0);
        return batch;
    }

    private static byte[] batch(int records) {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        for (int i = 0; i < records; i++) {
            builder.append(5, Slice.utf8("k"), Slice.utf8("x".repeat(60)), new RecordHeaders());
        }
        int sizeBytes = builder.finish(0);
        return Arrays.copyOf(builder.bytes(), sizeBytes);
    }

    @Test
    void aRepeatHasTheFirstOffsetHoweverItIsConfirmed() throws Exception {
        for (Acks acks : List.of(Acks.LEADER, Acks.ALL)) {
            long end = leader.logEnd();
            int sequence = (int) end;
            Stored first = once(sequenced(7, 0, sequence, 3), acks);
            assertThat(first).isEqualTo(new Stored(end, false, 5));
            Stored again = once(sequenced(7, 0, sequence, 3), Acks.ALL);
            assertThat(again).isEqualTo(new Stored(end, true, 5));
            assertThat(leader.highWatermark().offset()).isEqualTo(end + 3);
            assertThat(leader.logEnd()).isEqualTo(end + 3);
        }
    }

    @Test
    void aGapAndALowerEpochAreRefusedAndStoreNothing() throws Exception {
        once(sequenced(7, 1, 10, 2), Acks.ALL);
        BusException gap = refused(sequenced(7, 1, 13, 1));
        assertThat(gap.problem().code()).isEqualTo(ProblemCode.OUT_OF_ORDER_SEQUENCE);
        assertThat(gap.problem().extra()).containsEntry("expectedSequence", 12);
        assertThat(refused(sequenced(7, 0, 12, 1)).problem().code())
                .isEqualTo(ProblemCode.FENCED_PRODUCER);
        assertThat(leader.logEnd()).isEqualTo(2);
    }

    /** Else each start would take what is forgotten by now for something new. */
    @Test
    void aCleanStopKeepsWhenEachCameHoweverShortTheLog() throws Exception {
        once(batch(1), Acks.ALL);
        restart();
        assertThat(snapshots()).as("of nobody").isEmpty();
        once(claimed(-4, 9, 1), Acks.ALL);
        close();
        List<String> kept = Files.readAllLines(snapshot());
        open();
        close();
        assertThat(Files.readAllLines(snapshot())).isEqualTo(kept);
        open();
        once(batch(1), Acks.ALL);
        restart();
        assertThat(Files.readAllLines(snapshot())).isEqualTo(kept);
    }

    /** After a kill, what is not in a snapshot seems to have come at the start. */
    @Test
    void whenABatchCameIsSavedWithinMinutes() throws Exception {
        once(claimed(-4, 9, 1), Acks.ALL);
        leader.keepProducers();
        assertThat(snapshots()).isEmpty();
        nanos.addAndGet(300_000_000_000L);
        leader.keepProducers();
        assertThat(snapshots()).hasSize(1);
        List<String> kept = Files.readAllLines(snapshot());
        nanos.addAndGet(300_000_000_000L);
        leader.keepProducers();
        assertThat(Files.readAllLines(snapshot())).as("nobody came since").isEqualTo(kept);
    }

    @Test
    void aKillMakesAKeyLastNoLonger() throws Exception {
        nanos.addAndGet(2_700_000_000_000L);
        once(claimed(-4, 9, 1), Acks.ALL);
        nanos.addAndGet(300_000_000_000L);
        leader.keepProducers();
        crash();
        assertThat(once(claimed(-4, 9, 1), Acks.ALL)).isEqualTo(new Stored(0, true, 5));
        nanos.addAndGet(Claims.WINDOW_MS * 1_000_000);
        assertThat(once(claimed(-4, 9, 1), Acks.ALL)).isEqualTo(new Stored(1, false, 5));
    }

    @Test
    void aDamagedSnapshotIsMadeAgainFromTheLog() throws Exception {
        once(sequenced(7, 0, 0, 2), Acks.ALL);
        once(claimed(-4, 9, 1), Acks.ALL);
        fillSegment();
        close();
        byte[] bytes = Files.readAllBytes(snapshot());
        bytes[4] ^= 1;
        Files.write(snapshot(), bytes);
        assertThat(LogCheck.check(new FileDisk(), root).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.damage()).isFalse());
        open();
        assertThat(once(sequenced(7, 0, 0, 2), Acks.ALL)).isEqualTo(new Stored(0, true, 5));
        assertThat(once(claimed(-4, 9, 1), Acks.ALL)).isEqualTo(new Stored(2, true, 5));
    }

    @Test
    void aSnapshotOfMoreThanTheLogHoldsIsNotUsed() throws Exception {
        once(sequenced(7, 0, 0, 2), Acks.ALL);
        fillSegment();
        close();
        Path producers = snapshot();
        byte[] later = Files.readAllBytes(producers);
        Files.delete(producers);
        try (Stream<Path> files = Files.list(producers.getParent())) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.delete(file);
            }
        }
        open();
        close();
        Files.write(producers, later);
        open();
        assertThat(once(sequenced(7, 0, 0, 2), Acks.ALL)).isEqualTo(new Stored(0, false, 5));
    }

    @Test
    void whatRetentionTookIsStillKnown() throws Exception {
        once(sequenced(7, 0, 0, 2), Acks.ALL);
        once(claimed(-4, 9, 1), Acks.ALL);
        for (int i = 0; i < 80; i++) {
            leader.append(List.of(Slice.of(batch(1))), Acks.ALL, 30_000).get(30, TimeUnit.SECONDS);
        }
        once(sequenced(7, 0, 2, 1), Acks.ALL);
        leader.deleteBefore(leader.logEnd());
        crash();
        assertThat(leader.logStart()).isEqualTo(84);
        assertThat(once(sequenced(7, 0, 2, 1), Acks.ALL)).isEqualTo(new Stored(83, true, 5));
        assertThat(once(sequenced(7, 0, 0, 2), Acks.ALL)).isEqualTo(new Stored(0, true, 5));
        assertThat(once(claimed(-4, 9, 1), Acks.ALL)).isEqualTo(new Stored(2, true, 5));
    }

    @Test
    void whatCompactionEmptiedIsStillKnown() throws Exception {
        Retention compacted = new Retention(-1, -1, Long.MAX_VALUE, 60_000);
        leader.log()
                .configure(
                        LogSettings.DEFAULT
                                .withSegmentBytes(SEGMENT_BYTES)
                                .withRetention(compacted));
        once(sequenced(7, 0, 0, 2), Acks.ALL);
        once(claimed(-4, 9, 1), Acks.ALL);
        for (int i = 0; i < 80; i++) {
            leader.append(List.of(Slice.of(batch(1))), Acks.ALL, 30_000).get(30, TimeUnit.SECONDS);
        }
        assertThat(leader.upkeepEnd()).isZero();
        leader.keepProducers();
        assertThat(leader.log().clean(leader.upkeepEnd(), () -> false)).isTrue();
        crash();
        assertThat(once(sequenced(7, 0, 0, 2), Acks.ALL)).isEqualTo(new Stored(0, true, 5));
        assertThat(once(claimed(-4, 9, 1), Acks.ALL)).isEqualTo(new Stored(2, true, 5));
    }

    @Test
    void aKeyThatIsUsedAgainForAnotherRequestIsRefused() throws Exception {
        once(claimed(-4, 9, 1), Acks.LEADER);
        assertThat(refused(claimed(-4, 8, 1)).problem().code())
                .isEqualTo(ProblemCode.IDEMPOTENCY_KEY_REUSED);
        assertThat(leader.claim(-4)).isEqualTo(new Claim(-4, (short) 3, 9));
        assertThat(leader.claim(-6)).isNull();
    }

    @Test
    void aClaimIsForgottenAfterItsWindowAndAFullMemoryRefuses() {
        Claims claims = new Claims(2);
        claims.remember(share(-2, 0));
        claims.remember(share(-4, 1));
        assertThat(claims.find(-2, Claims.WINDOW_MS - 1)).isNotNull();
        assertThat(claims.find(-2, Claims.WINDOW_MS)).isNull();
        BusException full =
                org.assertj.core.api.Assertions.catchThrowableOfType(
                        BusException.class, () -> claims.requireRoom(Claims.WINDOW_MS - 1));
        assertThat(full.problem().code()).isEqualTo(ProblemCode.BACKPRESSURE);
        claims.requireRoom(Claims.WINDOW_MS);
        assertThat(claims.size()).isEqualTo(1);
        claims.remember(share(-2, Claims.WINDOW_MS));
        assertThat(claims.find(-2, Claims.WINDOW_MS + 1)).isNotNull();
    }

    private static Claims.Share share(long id, long storedMs) {
        return new Claims.Share(new Claim(id, (short) 1, 0), 0, 1, 5, storedMs);
    }

    /** A list of what each producer and each key stored, kept beside the partition. */
    private static final class Model {
        private final Map<Long, Deque<long[]>> batches = new HashMap<>();
        private final Map<Long, long[]> claims = new HashMap<>();

        int nextSequence(long producer) {
            Deque<long[]> sent = batches.get(producer);
            return sent == null ? 0 : (int) (sent.getLast()[0] + sent.getLast()[1]);
        }

        void add(long producer, int sequence, int records, long offset) {
            Deque<long[]> sent = batches.computeIfAbsent(producer, id -> new ArrayDeque<>());
            sent.addLast(new long[] {sequence, records, offset});
            if (sent.size() > 5) {
                sent.removeFirst();
            }
        }
    }

    @Test
    void throughRestartsAndCrashesTheLogHoldsEachBatchOnce() throws Exception {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        Model model = new Model();
        List<Long> ids = new ArrayList<>();
        for (int step = 0; step < 1_500; step++) {
            int what = random.nextInt(100);
            if (what < 40) {
                sendSequence(random, model);
            } else if (what < 60) {
                repeatSequence(random, model);
            } else if (what < 75) {
                long id = (random.nextLong() | Long.MIN_VALUE) & ~1L;
                int records = 1 + random.nextInt(3);
                long end = leader.logEnd();
                Stored stored = once(claimed(id, step, records), acks(random));
                assertThat(stored).isEqualTo(new Stored(end, false, 5));
                model.claims.put(id, new long[] {step, records, end});
                ids.add(id);
            } else if (what < 90 && !ids.isEmpty()) {
                long id = ids.get(random.nextInt(ids.size()));
                long[] first = model.claims.get(id);
                byte[] again = claimed(id, (int) first[0], (int) first[1]);
                assertThat(once(again, acks(random))).isEqualTo(new Stored(first[2], true, 5));
            } else if (what < 95) {
                leader.keepProducers();
            } else if (what < 98) {
                leader.append(List.of(Slice.of(batch(2))), Acks.ALL, 30_000)
                        .get(30, TimeUnit.SECONDS);
            } else if (what == 98) {
                restart();
            } else {
                // What was not confirmed as durable may be gone, so it is made so first.
                leader.append(List.of(Slice.of(batch(1))), Acks.ALL, 30_000)
                        .get(30, TimeUnit.SECONDS);
                crash();
            }
        }
    }

    private void sendSequence(Random random, Model model) throws Exception {
        long producer = random.nextInt(4);
        int sequence = model.nextSequence(producer);
        int records = 1 + random.nextInt(3);
        long end = leader.logEnd();
        if (random.nextInt(5) == 0 && sequence > 0) {
            BusException gap = refused(sequenced(producer, 0, sequence + 1, records));
            assertThat(gap.problem().extra()).containsEntry("expectedSequence", sequence);
            return;
        }
        Stored stored = once(sequenced(producer, 0, sequence, records), acks(random));
        assertThat(stored).isEqualTo(new Stored(end, false, 5));
        model.add(producer, sequence, records, end);
    }

    private void repeatSequence(Random random, Model model) throws Exception {
        long producer = random.nextInt(4);
        Deque<long[]> sent = model.batches.get(producer);
        if (sent == null) {
            return;
        }
        long[] one = new ArrayList<>(sent).get(random.nextInt(sent.size()));
        byte[] again = sequenced(producer, 0, (int) one[0], (int) one[1]);
        assertThat(once(again, acks(random))).isEqualTo(new Stored(one[2], true, 5));
    }

    private static Acks acks(Random random) {
        return random.nextInt(3) == 0 ? Acks.ALL : Acks.LEADER;
    }
}
