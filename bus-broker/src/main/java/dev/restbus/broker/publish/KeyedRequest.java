package dev.restbus.broker.publish;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.replication.Claim;
import dev.restbus.broker.replication.Partitions;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request with an idempotency key while it runs: nobody else runs one with the same key at that
 * time. Whoever begins it ends it. Thread-safe.
 */
public final class KeyedRequest {

    private static final long RETRY_MS = 1_000;

    private final Running running;
    private final Name name;
    private final TopicMetadata topic;
    private final Claim claim;
    private final int unkeyedFrom;
    private final boolean seenBefore;
    private final AtomicBoolean ended = new AtomicBoolean();

    private KeyedRequest(
            Running running, TopicMetadata topic, RequestKey key, Claim claim, boolean seen) {
        this.running = running;
        this.name = new Name(topic.id(), key.id());
        this.topic = topic;
        this.claim = claim;
        this.unkeyedFrom = key.unkeyedFrom();
        this.seenBefore = seen;
    }

    private record Name(UUID topicId, long keyId) {}

    /** Those that run; bounded by the requests that the door lets in. Thread-safe. */
    static final class Running {
        private final Set<Name> names = ConcurrentHashMap.newKeySet();
    }

    /**
     * Begins a request, as the first one with its key or as a repeat, for as many partitions as the
     * first one found.
     *
     * @throws dev.restbus.api.BusException 409 {@code idempotency-key-in-progress}, 422 {@code
     *     idempotency-key-reused}
     */
    static KeyedRequest begin(
            Running running, Partitions partitions, TopicMetadata topic, RequestKey key) {
        if (!running.names.add(new Name(topic.id(), key.id()))) {
            throw ProblemCode.IDEMPOTENCY_KEY_IN_PROGRESS
                    .problem("a request with this Idempotency-Key is still running")
                    .withRetryAfterMs(RETRY_MS)
                    .asException();
        }
        boolean begun = false;
        try {
            KeyedRequest request = find(running, partitions, topic, key);
            begun = true;
            return request;
        } finally {
            if (!begun) {
                running.names.remove(new Name(topic.id(), key.id()));
            }
        }
    }

    /** A share of it may be in any partition. */
    private static KeyedRequest find(
            Running running, Partitions partitions, TopicMetadata topic, RequestKey key) {
        for (int p = 0; p < topic.partitionCount(); p++) {
            Claim found = partitions.leader(topic, p).claim(key.id());
            if (found != null) {
                if (found.requestHash() != key.requestHash()) {
                    throw Claim.reused();
                }
                return new KeyedRequest(running, topic, key, found, true);
            }
        }
        Claim first = new Claim(key.id(), (short) topic.partitionCount(), key.requestHash());
        return new KeyedRequest(running, topic, key, first, false);
    }

    TopicMetadata topic() {
        return topic;
    }

    Claim claim() {
        return claim;
    }

    int unkeyedFrom() {
        return unkeyedFrom;
    }

    /** Whether a partition has a share of it already. */
    public boolean isSeenBefore() {
        return seenBefore;
    }

    /** From now on it can be repeated. Idempotent. */
    public void end() {
        if (ended.compareAndSet(false, true)) {
            running.names.remove(name);
        }
    }
}
