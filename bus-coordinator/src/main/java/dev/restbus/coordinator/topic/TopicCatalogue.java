package dev.restbus.coordinator.topic;

import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.topic.TopicEvent.PartitionsChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicCreated;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Every topic by name; {@link #apply} and {@link #leadAnew} are the only mutators. Not thread-safe
 * but where it says so.
 */
public final class TopicCatalogue {

    private final TreeMap<String, TopicMetadata> topics = new TreeMap<>();

    /** Ids of topics that were deleted; only ever grows. */
    private final Set<UUID> deletedIds = ConcurrentHashMap.newKeySet();

    public @Nullable TopicMetadata topic(String name) {
        return topics.get(name);
    }

    /** A read-only view that follows the state. */
    public SortedMap<String, TopicMetadata> topics() {
        return Collections.unmodifiableSortedMap(topics);
    }

    /** Whether a topic of this id was deleted. Any thread may ask. */
    public boolean wasDeleted(UUID topicId) {
        return deletedIds.contains(topicId);
    }

    /** How many partitions each topic has. The caller owns the map. */
    public Map<String, Integer> partitionCounts() {
        Map<String, Integer> counts = new HashMap<>();
        topics.forEach((name, topic) -> counts.put(name, topic.partitionCount()));
        return counts;
    }

    public void apply(TopicEvent event) {
        if (event instanceof TopicCreated created) {
            topics.put(created.name(), created.topic());
        } else if (event instanceof TopicChanged changed) {
            topics.computeIfPresent(changed.name(), (name, topic) -> change(topic, changed));
        } else if (event instanceof PartitionsChanged changed) {
            topics.computeIfPresent(
                    changed.name(), (name, topic) -> replace(topic, changed.partitions()));
        } else {
            TopicMetadata deleted = topics.remove(event.name());
            if (deleted != null) {
                deletedIds.add(deleted.id());
            }
        }
    }

    /** Gives every partition that the broker leads a new leader epoch. */
    public void leadAnew(int broker) {
        topics.replaceAll((name, topic) -> leadAnew(topic, broker));
    }

    private static TopicMetadata leadAnew(TopicMetadata topic, int broker) {
        List<PartitionMetadata> changed =
                topic.partitions().stream()
                        .filter(partition -> partition.leader() == broker)
                        .map(PartitionMetadata::ledAnew)
                        .toList();
        return changed.isEmpty() ? topic : replace(topic, changed);
    }

    private static TopicMetadata change(TopicMetadata topic, TopicChanged changed) {
        List<PartitionMetadata> partitions = new ArrayList<>(topic.partitions());
        partitions.addAll(changed.added());
        return with(topic, partitions, changed.config());
    }

    private static TopicMetadata replace(TopicMetadata topic, List<PartitionMetadata> changed) {
        List<PartitionMetadata> partitions = new ArrayList<>(topic.partitions());
        for (PartitionMetadata partition : changed) {
            partitions.set(partition.partition(), partition);
        }
        return with(topic, partitions, topic.config());
    }

    private static TopicMetadata with(
            TopicMetadata topic, List<PartitionMetadata> partitions, Map<String, String> config) {
        return new TopicMetadata(
                topic.name(),
                topic.id(),
                partitions,
                topic.replicationFactor(),
                topic.replicationFactorDefaulted(),
                config,
                topic.createdAtMs());
    }
}
