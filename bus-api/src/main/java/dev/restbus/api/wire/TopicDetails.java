package dev.restbus.api.wire;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A topic as {@code GET /v1/topics/{topic}} shows it.
 *
 * @param config every enforced key with the value in force
 */
public record TopicDetails(
        String name,
        UUID id,
        List<PartitionDetails> partitions,
        int replicationFactor,
        Map<String, String> config) {

    /**
     * One partition.
     *
     * @param leader broker id, -1 for none
     * @param logStartOffset lowest offset that can be read
     * @param highWatermark reads stop before it
     * @param logEndOffset the next record's offset
     */
    public record PartitionDetails(
            int partition,
            int leader,
            int leaderEpoch,
            List<Integer> replicas,
            List<Integer> isr,
            long logStartOffset,
            long highWatermark,
            long logEndOffset,
            long sizeBytes) {}
}
