package dev.restbus.coordinator.topic;

import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.topic.TopicEvent.TopicChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicCreated;
import dev.restbus.coordinator.topic.TopicEvent.TopicDeleted;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a topic. Pure; a refusal is a {@link dev.restbus.api.BusException}. No
 * events means that nothing has to change.
 */
public final class TopicDecider {

    private static final int DEFAULT_REPLICATION_FACTOR = 3;

    private TopicDecider() {}

    /**
     * Creates a topic, or finds it existing just so.
     *
     * @param brokers ids of the live brokers, sorted
     * @param id the topic's id, should it be created
     */
    public static List<TopicEvent> create(
            TopicCatalogue topics, List<Integer> brokers, NewTopic topic, UUID id, long nowMs) {
        Names.require("topic", topic.name());
        requirePartitions(topic.partitions());
        Map<String, String> config = checked(topic.config());
        TopicMetadata existing = topics.topic(topic.name());
        if (existing != null) {
            requireSame(existing, topic, config);
            return List.of();
        }
        int factor = replicationFactor(topic.replicationFactor(), brokers.size());
        requireMinInSync(config, factor);
        return List.of(
                new TopicCreated(
                        new TopicMetadata(
                                topic.name(),
                                id,
                                Placement.place(brokers, factor, 0, topic.partitions()),
                                factor,
                                topic.replicationFactor() == null,
                                config,
                                nowMs)));
    }

    /** Adds partitions and sets or removes configuration entries. */
    public static List<TopicEvent> change(
            TopicCatalogue topics, List<Integer> brokers, String name, TopicChange change) {
        TopicMetadata topic = require(topics, name);
        Map<String, String> config = changed(topic.config(), change.config());
        requireMinInSync(config, topic.replicationFactor());
        List<PartitionMetadata> added = added(topic, brokers, change);
        if (added.isEmpty() && config.equals(topic.config())) {
            return List.of();
        }
        return List.of(new TopicChanged(name, added, config));
    }

    public static List<TopicEvent> delete(TopicCatalogue topics, String name) {
        require(topics, name);
        return List.of(new TopicDeleted(name));
    }

    private static TopicMetadata require(TopicCatalogue topics, String name) {
        TopicMetadata topic = topics.topic(name);
        if (topic == null) {
            throw ProblemCode.UNKNOWN_TOPIC.exception("the topic '" + name + "' does not exist");
        }
        return topic;
    }

    private static void requirePartitions(int partitions) {
        if (partitions < 1 || partitions > NewTopic.MAX_PARTITIONS) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/partitions",
                    "partitions is 1 to " + NewTopic.MAX_PARTITIONS + ", not " + partitions);
        }
    }

    private static int replicationFactor(@Nullable Integer asked, int brokers) {
        int factor = asked == null ? Math.min(DEFAULT_REPLICATION_FACTOR, brokers) : asked;
        if (asked != null && factor < 1) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/replicationFactor", "replicationFactor is 1 or more, not " + factor);
        }
        requireBrokers(Math.max(1, factor), brokers);
        return factor;
    }

    private static void requireBrokers(int factor, int brokers) {
        if (factor > brokers) {
            throw ProblemCode.NOT_ENOUGH_BROKERS.exceptionAt(
                    "/replicationFactor",
                    "a replication factor of "
                            + factor
                            + " needs as many brokers; there are "
                            + brokers);
        }
    }

    private static Map<String, String> checked(Map<String, String> config) {
        Map<String, String> checked = new TreeMap<>();
        new TreeMap<>(config).forEach((key, v) -> checked.put(key, TopicConfig.check(key, v)));
        return checked;
    }

    private static Map<String, String> changed(
            Map<String, String> present, Map<String, @Nullable String> changes) {
        Map<String, String> config = new TreeMap<>(present);
        new TreeMap<>(changes)
                .forEach(
                        (key, value) -> {
                            if (value == null) {
                                config.remove(key);
                            } else {
                                config.put(key, TopicConfig.check(key, value));
                            }
                        });
        return config;
    }

    private static void requireMinInSync(Map<String, String> config, int factor) {
        String key = TopicConfig.MIN_INSYNC_REPLICAS.key();
        String set = config.get(key);
        if (set != null && Long.parseLong(set) > factor) {
            throw ProblemCode.INVALID_CONFIG.exceptionAt(
                    "/config/" + key,
                    key + " of " + set + " is more than the replication factor of " + factor);
        }
    }

    private static List<PartitionMetadata> added(
            TopicMetadata topic, List<Integer> brokers, TopicChange change) {
        int present = topic.partitionCount();
        Integer asked = change.partitions();
        if (asked == null || asked == present) {
            return List.of();
        }
        requirePartitions(asked);
        if (asked < present) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/partitions",
                    "the topic has " + present + " partitions and cannot shrink to " + asked);
        }
        if (!change.acceptKeyRemap()) {
            throw ProblemCode.WOULD_REMAP_KEYS.exceptionAt(
                    "/partitions",
                    "going from "
                            + present
                            + " to "
                            + asked
                            + " partitions moves keys to other partitions, which breaks their"
                            + " order; repeat with \"acceptKeyRemap\":true if that is fine");
        }
        requireBrokers(topic.replicationFactor(), brokers.size());
        return Placement.place(brokers, topic.replicationFactor(), present, asked);
    }

    private static void requireSame(
            TopicMetadata existing, NewTopic asked, Map<String, String> config) {
        String difference = difference(existing, asked, config);
        if (difference != null) {
            throw ProblemCode.TOPIC_EXISTS.exception(
                    "the topic '" + existing.name() + "' exists with " + difference);
        }
    }

    /** The first difference that matters, or null; a factor that is not asked for fits any. */
    private static @Nullable String difference(
            TopicMetadata existing, NewTopic asked, Map<String, String> config) {
        if (asked.partitions() != existing.partitionCount()) {
            return existing.partitionCount() + " partitions, not " + asked.partitions();
        }
        Integer factor = asked.replicationFactor();
        if (factor != null && factor != existing.replicationFactor()) {
            return "a replication factor of " + existing.replicationFactor() + ", not " + factor;
        }
        Map<String, String> present = existing.effectiveConfig();
        Map<String, String> wanted = TopicConfig.effective(config, existing.replicationFactor());
        for (Map.Entry<String, String> entry : present.entrySet()) {
            String want = wanted.get(entry.getKey());
            if (!entry.getValue().equals(want)) {
                return entry.getKey() + " " + entry.getValue() + ", not " + want;
            }
        }
        return null;
    }
}
