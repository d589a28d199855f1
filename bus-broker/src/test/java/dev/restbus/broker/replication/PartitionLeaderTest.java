package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.PartitionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PartitionLeaderTest {

    private static final long TIMEOUT_MS = 30_000;

    @TempDir Path root;

    private final AtomicLong brokerUnforced = new AtomicLong();
    private LogDirectory directory;
    private GroupCommit commit;
    private ExecutorService completions;
    private PartitionLeader leader;
    private boolean shortOfRoom;

    @BeforeEach
    void open() {
        directory = LogDirectory.open(root, new FileDisk());
        commit = new GroupCommit("group-commit");
        completions = Executors.newFixedThreadPool(2);
        LogId id = new LogId("t", new UUID(1, 1), 0);
        PartitionLog log = directory.open(id, LogSettings.DEFAULT.withSegmentBytes(64 << 10));
        leader =
                new PartitionLeader(
                        new TopicPartition("t", 0),
                        id.topicId(),
                        1,
                        log,
                        new PartitionLeader.Commits(
                                commit, completions, brokerUnforced, () -> shortOfRoom));
    }

    @AfterEach
    void check() throws IOException {
        leader.close();
        commit.close();
        completions.shutdown();
        directory.close();
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    @Test
    void everyAppendOfManyThreadsGetsOffsetsOfItsOwnInTheOrderOfItsThread() throws Exception {
        int threads = 8;
        int appends = 150;
        Map<Long, String> answered = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            running.add(
                    CompletableFuture.runAsync(
                            () -> appendMany(thread, appends, answered),
                            task -> new Thread(task).start()));
        }
        for (CompletableFuture<Void> one : running) {
            one.get(50, TimeUnit.SECONDS);
        }
        forceAll();
        Map<Long, String> stored = readAll();
        assertThat(stored).isEqualTo(answered);
        assertThat(leader.logEnd()).isEqualTo(stored.size());
        Map<String, Integer> last = new HashMap<>();
        for (long offset = 0; offset < stored.size(); offset++) {
            String[] parts = stored.get(offset).split(":");
            int number = Integer.parseInt(parts[1]);
            Integer before = last.put(parts[0], number);
            assertThat(before == null ? -1 : before).isLessThan(number);
        }
    }

    @Test
    void acksAllIsAnsweredOnlyBelowTheHighWatermark() throws Exception {
        for (int i = 0; i < 50; i++) {
            long base =
                    leader.append(List.of(batch("v" + i)), Acks.ALL, TIMEOUT_MS)
                            .get(20, TimeUnit.SECONDS);
            assertThat(leader.highWatermark().offset()).isGreaterThan(base);
        }
    }

    @Test
    void theBudgetIsGivenBackOnceItIsForced() throws Exception {
        for (Acks acks : List.of(Acks.LEADER, Acks.ALL)) {
            leader.append(List.of(batch("x".repeat(1_000))), acks, TIMEOUT_MS)
                    .get(20, TimeUnit.SECONDS);
        }
        forceAll();
        assertThat(brokerUnforced.get()).isZero();
    }

    @Test
    void moreThanTheBrokerMayHoldIsRefusedAndNothingOfItIsStored() {
        brokerUnforced.set(PartitionLeader.MAX_BROKER_UNFORCED_BYTES);
        List<Boolean> released = new ArrayList<>();
        CompletableFuture<Long> refused =
                leader.append(
                        List.of(batch("v")), Acks.LEADER, TIMEOUT_MS, () -> released.add(true));
        assertThat(codeOf(refused)).isEqualTo(ProblemCode.BACKPRESSURE);
        assertThat(released).hasSize(1);
        assertThat(leader.logEnd()).isZero();
        assertThat(brokerUnforced.get()).isEqualTo(PartitionLeader.MAX_BROKER_UNFORCED_BYTES);
        brokerUnforced.set(0);
    }

    @Test
    void oneThatIsTooLargeIsRefusedAloneNotTheRoundItIsIn() throws Exception {
        String tooLarge = "x".repeat(LogSettings.DEFAULT.maxBatchBytes());
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        holdTheCommitThread(letGo);
        List<CompletableFuture<Long>> round = new ArrayList<>();
        for (String value : List.of("before", tooLarge, "after")) {
            round.add(leader.append(List.of(batch(value)), Acks.ALL, TIMEOUT_MS));
        }
        letGo.complete(null);
        assertThat(codeOf(round.get(1))).isEqualTo(ProblemCode.RECORD_TOO_LARGE);
        assertThat(round.get(0).get(20, TimeUnit.SECONDS)).isZero();
        assertThat(round.get(2).get(20, TimeUnit.SECONDS)).isOne();
        assertThat(brokerUnforced.get()).isZero();
    }

    /** So that what is appended meanwhile is one round. */
    private void holdTheCommitThread(CompletableFuture<Void> letGo) throws Exception {
        PartitionLog log =
                directory.open(new LogId("held", new UUID(2, 2), 0), LogSettings.DEFAULT);
        CompletableFuture<Void> held = new CompletableFuture<>();
        commit.request(
                new GroupCommit.Member() {
                    @Override
                    public PartitionLog log() {
                        return log;
                    }

                    @Override
                    public void onForced(long durableEnd) {
                        held.complete(null);
                        letGo.join();
                    }

                    @Override
                    public void onForceFailed(BusException failure) {
                        held.completeExceptionally(failure);
                    }
                },
                true);
        held.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aReadOutsideTheLogTellsTheBounds() throws Exception {
        leader.append(List.of(batch("v")), Acks.ALL, TIMEOUT_MS).get(20, TimeUnit.SECONDS);
        assertThat(leader.read(1, 100).length()).isZero();
        for (long offset : new long[] {-1, 2}) {
            BusException refused =
                    org.assertj.core.api.Assertions.catchThrowableOfType(
                            BusException.class, () -> leader.read(offset, 100));
            assertThat(refused.problem().code()).isEqualTo(ProblemCode.OFFSET_OUT_OF_RANGE);
            assertThat(refused.problem().extra())
                    .containsEntry("logStartOffset", 0L)
                    .containsEntry("logEndOffset", 1L);
        }
    }

    @Test
    void whoeverStillWaitsWhenTheLeaderClosesHearsOfIt() {
        List<Object> told = new ArrayList<>();
        leader.highWatermark()
                .await(5, HighWatermark.NO_DEADLINE, failure -> told.add(failure.problem().code()));
        leader.close();
        completions.shutdown();
        assertThat(awaitEnd()).isTrue();
        assertThat(told).containsExactly(ProblemCode.SHUTTING_DOWN);
    }

    @Test
    void aDeletedPartitionCountsNoMoreAsUnforced() throws Exception {
        for (int i = 0; i < 50; i++) {
            LogId id = new LogId("deleted", new UUID(2, i), 0);
            PartitionLeader deleted =
                    new PartitionLeader(
                            new TopicPartition("deleted", 0),
                            id.topicId(),
                            1,
                            directory.open(id, LogSettings.DEFAULT),
                            new PartitionLeader.Commits(
                                    commit, completions, brokerUnforced, () -> shortOfRoom));
            deleted.append(List.of(batch("gone")), Acks.LEADER, TIMEOUT_MS).get();
            deleted.abandon();
            directory.delete(List.of(id));
        }
        assertThat(brokerUnforced).hasValue(0);
    }

    private boolean awaitEnd() {
        try {
            return completions.awaitTermination(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void appendMany(int thread, int appends, Map<Long, String> answered) {
        Random random = new Random(thread);
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (int i = 0; i < appends; i++) {
            Acks acks = random.nextInt(3) == 0 ? Acks.ALL : Acks.LEADER;
            String value = thread + ":" + i;
            open.add(
                    leader.append(List.of(batch(value)), acks, TIMEOUT_MS)
                            .thenAccept(base -> answered.put(base, value)));
        }
        open.forEach(CompletableFuture::join);
    }

    private void forceAll() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        leader.highWatermark()
                .await(leader.logEnd(), HighWatermark.NO_DEADLINE, failure -> done.complete(null));
        done.get(20, TimeUnit.SECONDS);
        // The budget is given back before the mark moves.
    }

    private Map<Long, String> readAll() {
        Map<Long, String> values = new HashMap<>();
        long next = 0;
        while (next < leader.logEnd()) {
            PartitionLog.LogSlice slice = leader.read(next, 64 << 10);
            int at = 0;
            while (at < slice.length()) {
                RecordReader reader = new RecordReader().over(slice.bytes(), at);
                while (reader.next()) {
                    values.put(reader.offset(), reader.value().text());
                }
                next = RecordBatch.nextOffset(slice.bytes(), at);
                at += RecordBatch.sizeBytes(slice.bytes(), at);
            }
        }
        return values;
    }

    private static ProblemCode codeOf(CompletableFuture<Long> refused) {
        return ((BusException) refused.handle((base, failure) -> failure).join()).problem().code();
    }

    private static Slice batch(String value) {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        builder.append(1, null, Slice.utf8(value), new RecordHeaders());
        int sizeBytes = builder.finish(0);
        return Slice.of(Arrays.copyOf(builder.bytes(), sizeBytes));
    }

    @Test
    void whileTheDiskIsShortOfRoomOnlyStateIsWritten() throws Exception {
        shortOfRoom = true;
        for (Acks acks : List.of(Acks.LEADER, Acks.ALL)) {
            boolean[] released = {false};
            CompletableFuture<Long> refused =
                    leader.append(
                            List.of(batch("refused")), acks, TIMEOUT_MS, () -> released[0] = true);
            assertThat(codeOf(refused)).isEqualTo(ProblemCode.DISK_FULL);
            assertThat(released[0]).isTrue();
        }
        assertThat(leader.write(List.of(batch("state"))).get()).isZero();
        shortOfRoom = false;
        assertThat(leader.append(List.of(batch("taken")), Acks.ALL, TIMEOUT_MS).get()).isOne();
        assertThat(brokerUnforced.get()).isZero();
    }
}
