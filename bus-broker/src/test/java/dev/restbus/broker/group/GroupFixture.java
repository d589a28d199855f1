package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.Acks;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.group.PollRequest.Limits;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.offsets.TopicCreation;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A broker's groups on real logs, with a coordinator and a clock for tests. */
final class GroupFixture implements CoordinatorChannel, AutoCloseable {

    static final String GROUP = "g";
    static final long OFFSETS_RETENTION_MS = 6 * 3_600_000;
    private static final long PATIENCE_S = 20;
    private static final int WORKERS = 2;

    final FakeClock clock = new FakeClock();
    final FakeGroupChannel channel = new FakeGroupChannel(this::partitionCount, clock::nowMs);

    private final int maxParked;

    private final Path folder;
    private final Map<String, TopicMetadata> topics = new TreeMap<>();
    private long version;

    private LogDirectory directory;
    private GroupCommit groupCommit;
    private ExecutorService completions;
    private Partitions partitions;
    private OffsetStore offsets;
    private Groups groups;

    GroupFixture(Path folder) {
        this(folder, 100);
    }

    GroupFixture(Path folder, int maxParked) {
        this.folder = folder;
        this.maxParked = maxParked;
        open();
    }

    /** One record that a poll handed out. */
    record Got(String topic, int partition, long offset, String value) {}

    /** A poll's answer with its records. */
    record Polled(List<Got> records, PollAnswer answer) {
        List<Long> offsets() {
            return records.stream().map(Got::offset).toList();
        }

        /** The answer reached the member, whole. */
        Polled received() {
            answer.onWritten().accept(true);
            return this;
        }

        /** The connection broke. */
        Polled lost() {
            answer.onWritten().accept(false);
            return this;
        }
    }

    private void open() {
        directory = LogDirectory.open(folder, new FileDisk());
        groupCommit = new GroupCommit("test-commit");
        completions = Executors.newFixedThreadPool(WORKERS);
        partitions = new Partitions(directory, groupCommit, completions, Fsync.GROUP);
        partitions.apply(metadata());
        TopicCreation creation = new TopicCreation(this, partitions);
        offsets = new OffsetStore(creation, partitions, () -> Instant.ofEpochMilli(clock.nowMs()));
        groups =
                new Groups(
                        new GroupServices(channel, offsets, partitions, clock, completions),
                        creation,
                        maxParked,
                        OFFSETS_RETENTION_MS);
        groups.start();
        groups.runSessions();
    }

    /** Stops the broker and starts it again on the same folder. */
    void restart() {
        shutDown();
        open();
    }

    private void shutDown() {
        groups.close();
        offsets.close();
        partitions.close();
        groupCommit.close();
        completions.shutdown();
        directory.close();
    }

    @Override
    public void close() throws IOException {
        shutDown();
        assertThat(LogCheck.check(new FileDisk(), folder).findings()).isEmpty();
    }

    Groups groups() {
        return groups;
    }

    Partitions partitions() {
        return partitions;
    }

    OffsetStore offsets() {
        return offsets;
    }

    TopicCreation topicCreation() {
        return new TopicCreation(this, partitions);
    }

    // ---- topics

    void topic(String name, int partitionCount) {
        get(createTopic(new NewTopic(name, partitionCount, null, Map.of())));
        channel.topicsChanged();
    }

    private int partitionCount(String topic) {
        TopicMetadata metadata = topics.get(topic);
        return metadata == null ? 0 : metadata.partitionCount();
    }

    @Override
    public synchronized MetadataImage metadata() {
        return new MetadataImage(version, Map.copyOf(topics), Map.of());
    }

    @Override
    public synchronized CompletableFuture<Created> createTopic(NewTopic wanted) {
        TopicMetadata present = topics.get(wanted.name());
        if (present != null) {
            return CompletableFuture.completedFuture(new Created(present, false));
        }
        List<PartitionMetadata> numbers = new ArrayList<>();
        for (int p = 0; p < wanted.partitions(); p++) {
            numbers.add(new PartitionMetadata(p, 1, 1, 1, List.of(1), List.of(1)));
        }
        TopicMetadata topic =
                new TopicMetadata(
                        wanted.name(), UUID.randomUUID(), numbers, 1, true, wanted.config(), 0);
        topics.put(topic.name(), topic);
        version++;
        partitions.apply(metadata());
        return CompletableFuture.completedFuture(new Created(topic, true));
    }

    @Override
    public Watch watchMetadata(Consumer<MetadataImage> onChange) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<BrokerMetadata> registerBroker(int id, String url, UUID incarnation) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<TopicMetadata> changeTopic(String name, TopicChange change) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized CompletableFuture<Void> deleteTopic(String name) {
        topics.remove(name);
        version++;
        partitions.apply(metadata());
        channel.topicsChanged();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean wasDeleted(UUID topicId) {
        return false;
    }

    // ---- records

    PartitionLeader leader(String topic, int partition) {
        return partitions.leader(topic, partition);
    }

    /** Appends text records and waits until they are durable. */
    void produce(String topic, int partition, String... values) {
        BatchBuilder builder = new BatchBuilder(256);
        builder.begin();
        for (String value : values) {
            builder.append(
                    clock.nowMs(),
                    Slice.utf8("k-" + value),
                    Slice.utf8(value),
                    new RecordHeaders());
        }
        int sizeBytes = builder.finish(0);
        get(
                leader(topic, partition)
                        .append(
                                List.of(new Slice(builder.bytes(), 0, sizeBytes)),
                                Acks.ALL,
                                30_000));
    }

    /** Appends the values {@code v0}, {@code v1}, … */
    void produce(String topic, int partition, int count) {
        String[] values = new String[count];
        long from = leader(topic, partition).logEnd();
        for (int i = 0; i < count; i++) {
            values[i] = "v" + (from + i);
        }
        produce(topic, partition, values);
    }

    /** Every record of a partition as {@code value header=value …}, headers sorted by name. */
    List<Map<String, String>> stored(String topic, int partition) {
        List<Map<String, String>> all = new ArrayList<>();
        PartitionLeader leader = leader(topic, partition);
        RecordReader record = new RecordReader();
        long position = 0;
        LogSlice slice = leader.read(position, 1 << 20);
        while (slice.length() > 0) {
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
                record.over(slice.bytes(), at);
                while (record.next()) {
                    Map<String, String> fields = new TreeMap<>();
                    Slice key = record.key();
                    Slice value = record.value();
                    fields.put("key", key == null ? "" : key.text());
                    fields.put("value", value == null ? "" : value.text());
                    record.headers(
                            (name, text) ->
                                    fields.put(name.text(), text == null ? "" : text.text()));
                    all.add(fields);
                }
                position = RecordBatch.nextOffset(slice.bytes(), at);
            }
            slice = leader.read(position, 1 << 20);
        }
        return all;
    }

    // ---- calls

    /** A poll to be shaped. */
    final class Call {
        private final String memberId;
        private @Nullable List<String> topics;
        private int max = 500;
        private int maxBytes = 1 << 20;
        private long waitMs;
        private OffsetReset reset = OffsetReset.EARLIEST;
        private @Nullable String ack;
        private boolean autoCommit = true;
        private @Nullable Long sessionTimeoutMs;

        private Call(String memberId) {
            this.memberId = memberId;
        }

        Call topics(String... names) {
            topics = List.of(names);
            return this;
        }

        Call max(int records) {
            max = records;
            return this;
        }

        Call maxBytes(int bytes) {
            maxBytes = bytes;
            return this;
        }

        Call waitMs(long ms) {
            waitMs = ms;
            return this;
        }

        Call reset(OffsetReset policy) {
            reset = policy;
            return this;
        }

        Call ack(@Nullable String batch) {
            ack = batch;
            return this;
        }

        Call noAutoCommit() {
            autoCommit = false;
            return this;
        }

        Call sessionTimeoutMs(long ms) {
            sessionTimeoutMs = ms;
            return this;
        }

        /** Sends it. */
        CompletableFuture<Polled> send() {
            List<Got> records = new ArrayList<>();
            PollRequest request =
                    new PollRequest(
                            new Joining(GROUP, memberId, topics, null, null, sessionTimeoutMs),
                            new Limits(max, maxBytes, waitMs),
                            reset,
                            ack,
                            autoCommit);
            return groups.poll(
                            request,
                            (topic, partition, record, json) -> {
                                Slice value = record.value();
                                records.add(
                                        new Got(
                                                topic,
                                                partition,
                                                record.offset(),
                                                value == null ? "" : value.text()));
                            })
                    .thenApply(answer -> new Polled(records, answer));
        }

        /** Sends it and waits for the answer. */
        Polled get() {
            return GroupFixture.get(send());
        }
    }

    Call poll(String memberId) {
        return new Call(memberId);
    }

    /** The committed offset, or null. */
    @Nullable Long committed(String topic, int partition) {
        return get(groups.places(GROUP)).stream()
                .filter(place -> place.partition().topic().equals(topic))
                .filter(place -> place.partition().partition() == partition)
                .map(place -> place.committed().nextOffset())
                .findFirst()
                .orElse(null);
    }

    void commit(
            @Nullable String memberId, long epoch, String topic, int partition, long nextOffset) {
        get(
                groups.commit(
                        new ExplicitCommit(
                                GROUP,
                                memberId,
                                epoch,
                                List.of(
                                        new ExplicitCommit.Offset(
                                                topic, partition, nextOffset, null)))));
    }

    /** Waits until so many polls wait. */
    void awaitParked(int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (groups.parked() != count) {
            assertThat(System.nanoTime()).as(count + " parked polls").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** Waits until the workers have done what they were given: they take it in order. */
    void awaitWorkers() {
        List<CompletableFuture<Void>> last = new ArrayList<>();
        CountDownLatch together = new CountDownLatch(WORKERS);
        for (int i = 0; i < WORKERS; i++) {
            last.add(
                    CompletableFuture.runAsync(
                            () -> {
                                together.countDown();
                                awaitQuietly(together);
                            },
                            completions));
        }
        last.forEach(GroupFixture::get);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
