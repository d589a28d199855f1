package dev.restbus.coordinator.assign;

import dev.restbus.api.control.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;

/** All partitions in order, dealt to the members in order; who does not subscribe is skipped. */
final class RoundRobinAssignment {

    private RoundRobinAssignment() {}

    static void assign(
            List<Subscriber> sorted,
            SortedMap<String, Integer> partitionCounts,
            Map<String, SortedSet<TopicPartition>> target) {
        int next = 0;
        for (Map.Entry<String, Integer> topic : partitionCounts.entrySet()) {
            for (int partition = 0; partition < topic.getValue(); partition++) {
                while (!sorted.get(next).topics().contains(topic.getKey())) {
                    next = (next + 1) % sorted.size();
                }
                target.get(sorted.get(next).memberId())
                        .add(new TopicPartition(topic.getKey(), partition));
                next = (next + 1) % sorted.size();
            }
        }
    }
}
