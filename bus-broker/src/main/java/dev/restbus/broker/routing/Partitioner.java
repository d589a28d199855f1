package dev.restbus.broker.routing;

import dev.restbus.api.KeyHash;
import dev.restbus.api.batch.Slice;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Kafka's choice of a partition: by the murmur2 of the key, else round-robin from partition 0. The
 * counter is one a topic and node, and does not move for requests that are refused. Thread-safe.
 */
public final class Partitioner {

    /** More are not remembered, deleted ones among them: all begin at partition 0 again. */
    static final int MAX_TOPICS = 100_000;

    private final Map<UUID, AtomicInteger> unkeyed = new ConcurrentHashMap<>();

    /** The partition of a key. */
    public static int forKey(Slice key, int partitions) {
        return KeyHash.partition(key.bytes(), key.at(), key.length(), partitions);
    }

    /** How many unkeyed records went to the topic before, modulo 2^31. */
    public int unkeyedSoFar(UUID topicId) {
        AtomicInteger counter = unkeyed.get(topicId);
        return counter == null ? 0 : counter.get() & 0x7fffffff;
    }

    /** Counts unkeyed records that were accepted. */
    public void count(UUID topicId, int records) {
        if (unkeyed.size() >= MAX_TOPICS && !unkeyed.containsKey(topicId)) {
            unkeyed.clear();
        }
        unkeyed.computeIfAbsent(topicId, id -> new AtomicInteger()).addAndGet(records);
    }
}
