package dev.restbus.broker.offsets;

import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.broker.replication.Partitions;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All committed offsets. A partition of {@code __consumer_offsets} is loaded when the first of its
 * groups is asked for, on a thread of the store's own. Thread-safe.
 */
public final class OffsetStore implements AutoCloseable {

    public static final String TOPIC = "__consumer_offsets";
    public static final int PARTITIONS = 50;

    private static final Map<String, String> CONFIG =
            Map.of(
                    TopicConfig.SEGMENT_BYTES.key(),
                    Integer.toString(16 << 20),
                    TopicConfig.CLEANUP_POLICY.key(),
                    "compact");
    private static final int LOADERS = 2;

    private final TopicCreation topics;
    private final Partitions partitions;
    private final InstantSource clock;
    private final ExecutorService loaders;

    /** Loaded or being loaded; a failed one is taken out, so that the next caller tries again. */
    private final Map<Integer, CompletableFuture<OffsetsPartition>> loaded =
            new ConcurrentHashMap<>();

    public OffsetStore(TopicCreation topics, Partitions partitions, InstantSource clock) {
        this.topics = topics;
        this.partitions = partitions;
        this.clock = clock;
        // At most one load a partition is queued, so the queue holds at most PARTITIONS.
        this.loaders =
                new ThreadPoolExecutor(
                        LOADERS,
                        LOADERS,
                        0,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        task -> {
                            Thread thread = new Thread(task, "offsets-loader");
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /** Where a group's offsets live: Kafka's {@code Utils.abs(group.hashCode()) % 50}. */
    public static int partitionOf(String group) {
        int hash = group.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % PARTITIONS;
    }

    /**
     * The partition of a group; done on return if it is loaded. Fails as {@link
     * OffsetsPartition#load} and {@link TopicCreation#ensure}.
     */
    public CompletableFuture<OffsetsPartition> open(String group) {
        int number = partitionOf(group);
        CompletableFuture<OffsetsPartition> present = loaded.get(number);
        return present != null ? present : load(number);
    }

    /** The partition of a group if it is loaded, else null. */
    public @Nullable OffsetsPartition loaded(String group) {
        CompletableFuture<OffsetsPartition> present = loaded.get(partitionOf(group));
        return present == null || !present.isDone() || present.isCompletedExceptionally()
                ? null
                : present.join();
    }

    /** Ends the loader threads; the logs belong to {@link Partitions}. */
    @Override
    public void close() {
        loaders.shutdownNow();
    }

    private CompletableFuture<OffsetsPartition> load(int number) {
        CompletableFuture<OffsetsPartition> fresh = new CompletableFuture<>();
        CompletableFuture<OffsetsPartition> present = loaded.putIfAbsent(number, fresh);
        if (present != null) {
            return present;
        }
        topics.ensure(new NewTopic(TOPIC, PARTITIONS, null, CONFIG))
                .thenApplyAsync(
                        topic -> OffsetsPartition.load(partitions.leader(TOPIC, number), clock),
                        loaders)
                .whenComplete(
                        (partition, failure) -> {
                            if (failure == null) {
                                fresh.complete(partition);
                            } else {
                                loaded.remove(number, fresh);
                                fresh.completeExceptionally(Futures.cause(failure));
                            }
                        });
        return fresh;
    }
}
