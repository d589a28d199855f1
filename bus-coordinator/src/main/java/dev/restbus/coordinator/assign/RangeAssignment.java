package dev.restbus.coordinator.assign;

import dev.restbus.api.control.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;

/** Of n partitions over m subscribers, the first n mod m get one more than the others. */
final class RangeAssignment {

    private RangeAssignment() {}

    static void assign(
            List<Subscriber> sorted,
            SortedMap<String, Integer> partitionCounts,
            Map<String, SortedSet<TopicPartition>> target) {
        partitionCounts.forEach((topic, count) -> assignTopic(topic, count, sorted, target));
    }

    private static void assignTopic(
            String topic,
            int partitions,
            List<Subscriber> sorted,
            Map<String, SortedSet<TopicPartition>> target) {
        List<Subscriber> interested =
                sorted.stream().filter(member -> member.topics().contains(topic)).toList();
        int share = partitions / interested.size();
        int longer = partitions % interested.size();
        int next = 0;
        for (int i = 0; i < interested.size(); i++) {
            int end = next + share + (i < longer ? 1 : 0);
            SortedSet<TopicPartition> own = target.get(interested.get(i).memberId());
            for (; next < end; next++) {
                own.add(new TopicPartition(topic, next));
            }
        }
    }
}
