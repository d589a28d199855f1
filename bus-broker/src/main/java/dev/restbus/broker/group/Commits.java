package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.BatchToken.Range;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.OffsetsPartition.Accepted;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Commits what batches handed out. Repeating a commit changes nothing, and none moves a committed
 * offset back. Thread-safe.
 */
final class Commits {

    private final GroupServices services;

    Commits(GroupServices services) {
        this.services = services;
    }

    /**
     * Commits the batch as far as its owner may.
     *
     * @return the partitions that somebody else owns by now, or that started over
     * @throws BusException 422 {@code offset-beyond-log-end}; then nothing was committed
     */
    Accepted<List<TopicPartition>> commit(OffsetsPartition offsets, BatchToken batch) {
        Map<Range, PartitionLeader> present = present(batch.ranges());
        return offsets.update(
                draft -> {
                    List<TopicPartition> refused = new ArrayList<>();
                    present.forEach(
                            (range, leader) -> {
                                if (!commit(draft, batch, range, leader)) {
                                    refused.add(leader.name());
                                }
                            });
                    return refused;
                });
    }

    /** The failure of an ack that was refused for some partitions; the others are committed. */
    static BusException stale(BatchToken batch, List<TopicPartition> refused) {
        String names =
                refused.stream().map(TopicPartition::toString).collect(Collectors.joining(", "));
        int others = batch.ranges().size() - refused.size();
        return ProblemCode.STALE_MEMBER_EPOCH
                .problem(
                        "member '"
                                + batch.memberId()
                                + "' may not commit this batch in "
                                + names
                                + ": another owner, a reset or a failure report came after it; the"
                                + " other partitions of the batch ("
                                + others
                                + ") are committed")
                .withOutcome(others > 0 ? Outcome.UNKNOWN : Outcome.NONE)
                .with("refused", refused)
                .with("committed", others)
                .asException();
    }

    /** Fails with 422 if the offset is beyond what can be read. */
    static void checkReadable(PartitionLeader leader, long nextOffset, String pointer) {
        long end = leader.highWatermark().offset();
        if (nextOffset > end) {
            throw ProblemCode.OFFSET_BEYOND_LOG_END.exceptionAt(
                    pointer,
                    leader.name() + " ends at " + end + ", so " + nextOffset + " cannot be next");
        }
    }

    private Map<Range, PartitionLeader> present(List<Range> ranges) {
        Map<Range, PartitionLeader> present = new LinkedHashMap<>();
        for (Range range : ranges) {
            TopicMetadata topic = services.partitions().topic(range.topic());
            boolean there =
                    topic != null
                            && topic.id().equals(range.topicId())
                            && range.partition() < topic.partitionCount();
            if (there) {
                PartitionLeader leader =
                        services.partitions().leader(range.topic(), range.partition());
                checkReadable(leader, range.nextOffset(), "ack");
                present.put(range, leader);
            }
        }
        return present;
    }

    private boolean commit(
            OffsetsPartition.Draft draft, BatchToken batch, Range range, PartitionLeader leader) {
        OffsetKey key = new OffsetKey(batch.group(), range.topicId(), range.partition());
        OffsetEntry entry = draft.getOrFresh(key, range.topic());
        if (!entry.fence().isOf(batch.memberId(), batch.incarnation())) {
            return false;
        }
        if (range.nextOffset() <= entry.nextOffset(-1)) {
            return true;
        }
        if (range.generation() != entry.fence().generation()) {
            return false;
        }
        long nowMs = services.clock().nowMs();
        draft.put(
                key,
                entry.committedAt(
                        new Committed(range.nextOffset(), null, nowMs, leader.leaderEpoch())));
        return true;
    }
}
