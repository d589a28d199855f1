package dev.restbus.coordinator.topic;

import dev.restbus.api.control.PartitionMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the replicas of a partition go: leaders are striped over the brokers, and each further
 * round of leaders shifts its followers by one more, so that the partitions of a lost leader spread
 * evenly over the rest. (Kafka's {@code AdminUtils.assignReplicasToBrokers} without its random
 * start.)
 */
final class Placement {

    private Placement() {}

    /**
     * Places the partitions {@code from} (included) to {@code to} (excluded).
     *
     * @param brokers their ids, sorted, at least {@code replicationFactor} of them
     */
    static List<PartitionMetadata> place(
            List<Integer> brokers, int replicationFactor, int from, int to) {
        List<PartitionMetadata> placed = new ArrayList<>();
        for (int partition = from; partition < to; partition++) {
            List<Integer> replicas = replicas(brokers, replicationFactor, partition);
            placed.add(new PartitionMetadata(partition, replicas.get(0), 1, 1, replicas, replicas));
        }
        return placed;
    }

    private static List<Integer> replicas(
            List<Integer> brokers, int replicationFactor, int partition) {
        int count = brokers.size();
        int leader = partition % count;
        List<Integer> replicas = new ArrayList<>();
        replicas.add(brokers.get(leader));
        for (int follower = 0; follower < replicationFactor - 1; follower++) {
            int shift = 1 + (partition / count + follower) % (count - 1);
            replicas.add(brokers.get((leader + shift) % count));
        }
        return replicas;
    }
}
