package dev.restbus.broker.replication;

import static java.util.concurrent.CompletableFuture.runAsync;

import dev.restbus.api.Names;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.Retention;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this broker leads, by the metadata it follows. A partition's log is opened,
 * and recovered if need be, when it is first asked for. Thread-safe.
 */
public final class Partitions implements AutoCloseable {

    private static final long EXPIRY_PERIOD_MS = 100;

    /** So many logs are closed at once. */
    private static final int CLOSERS = 16;

    private final LogDirectory directory;
    private final Fsync fsync;
    private final PartitionLeader.Commits commits;
    private final Map<String, LedTopic> topics = new ConcurrentHashMap<>();
    private final ScheduledExecutorService expiry;

    private volatile MetadataImage image = MetadataImage.EMPTY;
    private volatile boolean closed;

    /**
     * Leads the partitions whose logs are in {@code directory}.
     *
     * @param completions runs what waited for the high watermark; answers are written there
     */
    public Partitions(
            LogDirectory directory, GroupCommit groupCommit, Executor completions, Fsync fsync) {
        this.directory = directory;
        this.fsync = fsync;
        this.commits =
                new PartitionLeader.Commits(
                        groupCommit, completions, new AtomicLong(), directory::isShortOfRoom);
        this.expiry =
                Executors.newSingleThreadScheduledExecutor(
                        task -> {
                            Thread thread = new Thread(task, "produce-timeouts");
                            thread.setDaemon(true);
                            return thread;
                        });
        expiry.scheduleWithFixedDelay(
                this::expireWaits, EXPIRY_PERIOD_MS, EXPIRY_PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    /** A topic with the leaders opened so far. */
    private static final class LedTopic {
        private final TopicMetadata metadata;
        private final AtomicReferenceArray<@Nullable PartitionLeader> leaders;

        LedTopic(TopicMetadata metadata) {
            this.metadata = metadata;
            this.leaders = new AtomicReferenceArray<>(metadata.partitionCount());
        }
    }

    /** The metadata last applied. */
    public MetadataImage image() {
        return image;
    }

    /**
     * The topic, or null.
     *
     * @throws dev.restbus.api.BusException 503 {@code shutting-down}
     */
    public @Nullable TopicMetadata topic(String name) {
        requireOpen();
        LedTopic led = topics.get(name);
        return led == null ? null : led.metadata;
    }

    /**
     * The topic.
     *
     * @throws dev.restbus.api.BusException 404 {@code unknown-topic}
     */
    public TopicMetadata requireTopic(String name) {
        TopicMetadata topic = topic(name);
        if (topic == null) {
            throw unknownTopic(name);
        }
        return topic;
    }

    /**
     * The leader of a partition.
     *
     * @throws dev.restbus.api.BusException 404 {@code unknown-topic}, {@code unknown-partition}
     */
    public PartitionLeader leader(String topicName, int partition) {
        requireOpen();
        LedTopic led = topics.get(topicName);
        if (led == null) {
            throw unknownTopic(topicName);
        }
        if (partition < 0 || partition >= led.metadata.partitionCount()) {
            throw ProblemCode.UNKNOWN_PARTITION.exception(
                    "topic "
                            + topicName
                            + " has partitions 0 to "
                            + (led.metadata.partitionCount() - 1)
                            + ", not "
                            + partition);
        }
        PartitionLeader leader = led.leaders.get(partition);
        return leader != null ? leader : open(led, partition);
    }

    /**
     * The leader of a partition of this very topic.
     *
     * @throws dev.restbus.api.BusException 404 {@code unknown-topic} if it was deleted since, also
     *     where another one has its name now
     */
    public PartitionLeader leader(TopicMetadata topic, int partition) {
        PartitionLeader leader = leader(topic.name(), partition);
        if (!leader.topicId().equals(topic.id())) {
            throw unknownTopic(topic.name());
        }
        return leader;
    }

    /**
     * Follows the metadata: new topics can be led, deleted ones are closed and their logs removed,
     * epochs rise. An image that is not newer changes nothing.
     */
    public synchronized void apply(MetadataImage newImage) {
        if (newImage.version() <= image.version() || closed) {
            return;
        }
        for (TopicMetadata topic : newImage.topics().values()) {
            LedTopic known = topics.get(topic.name());
            if (known != null && !known.metadata.id().equals(topic.id())) {
                remove(known);
                known = null;
            }
            if (known == null || known.metadata != topic) {
                topics.put(topic.name(), carryOver(known, topic));
            }
        }
        if (topics.size() > newImage.topics().size()) {
            removeOthers(newImage);
        }
        image = newImage;
    }

    private void removeOthers(MetadataImage newImage) {
        for (LedTopic led : topics.values()) {
            if (newImage.topic(led.metadata.name()) == null) {
                remove(led);
            }
        }
    }

    private void remove(LedTopic led) {
        topics.remove(led.metadata.name());
        drop(led);
    }

    /**
     * Looks at the folders found at the start: a log whose topic was deleted is removed, one that
     * the metadata never knew is set aside, never removed.
     */
    public synchronized void reconcile(Predicate<UUID> wasDeleted) {
        Set<UUID> known = new HashSet<>();
        image.topics().values().forEach(topic -> known.add(topic.id()));
        List<LogId> deleted = new ArrayList<>();
        for (LogId id : directory.present()) {
            if (known.contains(id.topicId())) {
                continue;
            }
            if (wasDeleted.test(id.topicId())) {
                deleted.add(id);
            } else {
                directory.moveToOrphans(id);
            }
        }
        directory.delete(deleted);
    }

    /** Bytes of all partitions that are queued or written and not forced yet. */
    public long unforcedBytes() {
        return commits.brokerUnforcedBytes().get();
    }

    /** Partitions of all topics, opened or not. */
    public int count() {
        return topics.values().stream().mapToInt(led -> led.metadata.partitionCount()).sum();
    }

    /** Ends every wait and closes every log; what was written is forced. */
    @Override
    public void close() {
        List<PartitionLeader> open = new ArrayList<>();
        synchronized (this) {
            closed = true;
            forEachOpen(open::add);
        }
        expiry.shutdownNow();
        closeTogether(open);
        topics.clear();
    }

    /** Closing a log waits for the disk several times; forces that meet share a commit of it. */
    private static void closeTogether(List<PartitionLeader> open) {
        ExecutorService closers = Executors.newFixedThreadPool(CLOSERS);
        try {
            CompletableFuture.allOf(
                            open.stream()
                                    .map(leader -> runAsync(leader::close, closers))
                                    .toArray(CompletableFuture[]::new))
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } finally {
            closers.shutdown();
        }
    }

    private static dev.restbus.api.BusException unknownTopic(String name) {
        return ProblemCode.UNKNOWN_TOPIC
                .problem("there is no topic '" + name + "'")
                .withHint("curl -X PUT " + Problem.NODE + "/v1/topics/" + name)
                .asException();
    }

    private void requireOpen() {
        if (closed) {
            throw ProblemCode.SHUTTING_DOWN.exception("the broker is shutting down");
        }
    }

    private synchronized PartitionLeader open(LedTopic led, int partition) {
        PartitionLeader present = led.leaders.get(partition);
        if (present != null) {
            return present;
        }
        requireOpen();
        TopicMetadata topic = led.metadata;
        if (topics.get(topic.name()) != led) {
            return leader(topic.name(), partition);
        }
        PartitionMetadata metadata = topic.partitions().get(partition);
        PartitionLeader leader =
                new PartitionLeader(
                        new TopicPartition(topic.name(), partition),
                        topic.id(),
                        metadata.leaderEpoch(),
                        directory.open(
                                new LogId(topic.name(), topic.id(), partition), settings(topic)),
                        commits);
        led.leaders.set(partition, leader);
        return leader;
    }

    private LogSettings settings(TopicMetadata topic) {
        Map<String, String> config = new HashMap<>(topic.config());
        if (Names.isInternal(topic.name())) {
            // An offsets topic that is older than compaction says nothing of it.
            config.putIfAbsent(TopicConfig.CLEANUP_POLICY.key(), "compact");
        }
        return LogSettings.DEFAULT
                .withSegmentBytes((int) TopicConfig.SEGMENT_BYTES.valueIn(config))
                .withMaxBatchBytes((int) TopicConfig.MAX_MESSAGE_BYTES.valueIn(config))
                .withFsync(fsync)
                .withRetention(retention(config));
    }

    private static Retention retention(Map<String, String> config) {
        boolean deleted = TopicConfig.isDeleted(config);
        return new Retention(
                deleted ? TopicConfig.RETENTION_MS.valueIn(config) : -1,
                deleted ? TopicConfig.RETENTION_BYTES.valueIn(config) : -1,
                TopicConfig.SEGMENT_MS.valueIn(config),
                TopicConfig.isCompacted(config)
                        ? TopicConfig.DELETE_RETENTION_MS.valueIn(config)
                        : -1);
    }

    private LedTopic carryOver(@Nullable LedTopic known, TopicMetadata topic) {
        LedTopic led = new LedTopic(topic);
        if (known == null) {
            return led;
        }
        for (int p = 0; p < known.leaders.length(); p++) {
            PartitionLeader leader = known.leaders.get(p);
            if (leader != null) {
                leader.onLeaderEpoch(topic.partitions().get(p).leaderEpoch());
                leader.log().configure(settings(topic));
                led.leaders.set(p, leader);
            }
        }
        return led;
    }

    private void drop(LedTopic led) {
        List<LogId> logs = new ArrayList<>();
        for (int p = 0; p < led.metadata.partitionCount(); p++) {
            PartitionLeader leader = led.leaders.get(p);
            if (leader != null) {
                leader.abandon();
            }
            logs.add(new LogId(led.metadata.name(), led.metadata.id(), p));
        }
        directory.delete(logs);
    }

    private void expireWaits() {
        long now = System.nanoTime();
        forEachOpen(leader -> leader.expire(now));
    }

    /** Those whose logs are open, one after the other. */
    void forEachOpen(Consumer<PartitionLeader> action) {
        for (LedTopic led : topics.values()) {
            for (int p = 0; p < led.leaders.length(); p++) {
                PartitionLeader leader = led.leaders.get(p);
                if (leader != null) {
                    action.accept(leader);
                }
            }
        }
    }

    /** As {@link LogDirectory#keepRoom()}; whether only what must go on has room. */
    boolean keepRoom() {
        directory.keepRoom();
        return directory.isShortOfRoom();
    }

    /** The partitions that have a log in the data folder, opened or not. */
    List<TopicPartition> present() {
        List<TopicPartition> present = new ArrayList<>();
        for (LogId id : directory.present()) {
            LedTopic led = topics.get(id.topic());
            if (led != null
                    && led.metadata.id().equals(id.topicId())
                    && id.partition() < led.metadata.partitionCount()) {
                present.add(new TopicPartition(id.topic(), id.partition()));
            }
        }
        return present;
    }
}
