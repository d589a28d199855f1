package dev.restbus.api.control;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A topic as the coordinator knows it. Immutable.
 *
 * @param id never reused; a topic deleted and created again has another one
 * @param partitions by number, without gaps
 * @param replicationFactorDefaulted nobody asked for the factor, so it may grow with the cluster
 * @param config what was set, by Kafka's key names; what was not set has {@link TopicConfig}'s
 *     default
 * @param createdAtMs wall clock, epoch milliseconds
 */
public record TopicMetadata(
        String name,
        UUID id,
        List<PartitionMetadata> partitions,
        int replicationFactor,
        boolean replicationFactorDefaulted,
        Map<String, String> config,
        long createdAtMs) {

    public TopicMetadata {
        partitions = List.copyOf(partitions);
        config = Map.copyOf(config);
    }

    /** Every configuration key with the value in force, sorted by key. */
    public Map<String, String> effectiveConfig() {
        return TopicConfig.effective(config, replicationFactor);
    }

    public int partitionCount() {
        return partitions.size();
    }
}
