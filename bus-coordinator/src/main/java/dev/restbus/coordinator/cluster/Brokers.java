package dev.restbus.coordinator.cluster;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every broker by id; {@link #apply} is the only mutator. Not thread-safe. */
public final class Brokers {

    private final TreeMap<Integer, BrokerMetadata> brokers = new TreeMap<>();

    public @Nullable BrokerMetadata broker(int id) {
        return brokers.get(id);
    }

    /** A read-only view that follows the state. */
    public SortedMap<Integer, BrokerMetadata> brokers() {
        return Collections.unmodifiableSortedMap(brokers);
    }

    /** The ids of the brokers that can hold replicas, sorted. */
    public List<Integer> liveIds() {
        return List.copyOf(brokers.keySet());
    }

    public void apply(ClusterEvent event) {
        if (event instanceof BrokerRegistered registered) {
            brokers.put(registered.broker().id(), registered.broker());
        }
    }
}
