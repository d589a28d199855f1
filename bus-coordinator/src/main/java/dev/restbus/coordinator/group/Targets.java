package dev.restbus.coordinator.group;

import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A target between its form in memory and its compact form in the journal. */
final class Targets {

    private Targets() {}

    static Map<String, Map<String, List<Integer>>> compact(
            Map<String, SortedSet<TopicPartition>> target) {
        Map<String, Map<String, List<Integer>>> compact = new TreeMap<>();
        target.forEach((member, partitions) -> compact.put(member, byTopic(partitions)));
        return compact;
    }

    static SortedMap<String, SortedSet<TopicPartition>> expand(
            Map<String, Map<String, List<Integer>>> compact) {
        SortedMap<String, SortedSet<TopicPartition>> target = new TreeMap<>();
        compact.forEach((member, topics) -> target.put(member, partitions(topics)));
        return target;
    }

    private static Map<String, List<Integer>> byTopic(SortedSet<TopicPartition> partitions) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            topics.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(partition.partition());
        }
        return topics;
    }

    private static SortedSet<TopicPartition> partitions(Map<String, List<Integer>> topics) {
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        topics.forEach(
                (topic, numbers) ->
                        numbers.forEach(n -> partitions.add(new TopicPartition(topic, n))));
        return partitions;
    }
}
