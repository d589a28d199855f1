package dev.restbus.api.control;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that brokers and clients know of the cluster, at one version. Immutable; a newer image has a
 * higher version.
 *
 * @param version position in the coordinator's journal
 * @param topics by name
 * @param brokers by id
 */
public record MetadataImage(
        long version, Map<String, TopicMetadata> topics, Map<Integer, BrokerMetadata> brokers) {

    public static final MetadataImage EMPTY = new MetadataImage(0, Map.of(), Map.of());

    public @Nullable TopicMetadata topic(String name) {
        return topics.get(name);
    }
}
