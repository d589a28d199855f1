package dev.restbus.api.control;

import java.util.List;

/**
 * Who holds one partition.
 *
 * @param leader broker id, or {@link #NO_LEADER}
 * @param leaderEpoch from 1, never goes back; one leader an epoch
 * @param partitionEpoch from 1, bumped by every change of leader or in-sync replicas
 * @param replicas broker ids, the preferred leader first
 * @param isr the in-sync ones among them
 */
public record PartitionMetadata(
        int partition,
        int leader,
        int leaderEpoch,
        int partitionEpoch,
        List<Integer> replicas,
        List<Integer> isr) {

    public static final int NO_LEADER = -1;

    public PartitionMetadata {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
    }

    /** The same leader under a new epoch. */
    public PartitionMetadata ledAnew() {
        return new PartitionMetadata(
                partition, leader, leaderEpoch + 1, partitionEpoch + 1, replicas, isr);
    }
}
