package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes partitions for a member: its fence is durable before it learns where to go on reading, so
 * that nobody else can commit behind its back. Thread-safe.
 */
final class Ownership {

    private final GroupServices services;

    Ownership(GroupServices services) {
        this.services = services;
    }

    /** Those of the names whose topic is there. */
    Map<OffsetKey, PartitionLeader> present(String group, Collection<TopicPartition> names) {
        Map<OffsetKey, PartitionLeader> present = new LinkedHashMap<>();
        for (TopicPartition name : names) {
            TopicMetadata topic = services.partitions().topic(name.topic());
            if (topic != null && name.partition() < topic.partitionCount()) {
                PartitionLeader leader =
                        services.partitions().leader(name.topic(), name.partition());
                present.put(new OffsetKey(group, leader.topicId(), name.partition()), leader);
            }
        }
        return present;
    }

    /**
     * Raises the fences and finds out where to begin. A partition that the member does not hold any
     * more by now is left out. Fails with 409 {@code no-committed-offset}, 416 {@code
     * offset-out-of-range} where the policy is {@link OffsetReset#NONE}.
     *
     * @param reset null for a member that reads by itself: it only needs the fence
     */
    CompletableFuture<List<Owned>> take(
            OffsetsPartition offsets,
            MemberSession session,
            Map<OffsetKey, PartitionLeader> wanted,
            @Nullable OffsetReset reset) {
        return offsets.update(draft -> decide(draft, session, wanted, reset)).whenDurable();
    }

    private List<Owned> decide(
            OffsetsPartition.Draft draft,
            MemberSession session,
            Map<OffsetKey, PartitionLeader> wanted,
            @Nullable OffsetReset reset) {
        // Asked under the lock of the offsets: a later owner raises its fence after this one.
        GroupView view = services.channel().group(session.group());
        MemberView member = view == null ? null : view.member(session.memberId());
        List<Owned> taken = new ArrayList<>();
        wanted.forEach(
                (key, leader) -> {
                    if (member != null && member.assignment().contains(leader.name())) {
                        OffsetEntry before = draft.getOrFresh(key, leader.name().topic());
                        if (before.fence().memberEpoch() <= member.memberEpoch()) {
                            taken.add(take(draft, member, key, leader, before, reset));
                        }
                    }
                });
        return taken;
    }

    private Owned take(
            OffsetsPartition.Draft draft,
            MemberView member,
            OffsetKey key,
            PartitionLeader leader,
            OffsetEntry before,
            @Nullable OffsetReset reset) {
        OffsetEntry entry = before;
        if (!entry.fence().isOf(member.memberId(), member.incarnation())) {
            entry = entry.raisedTo(member.memberId(), member.memberEpoch(), member.incarnation());
        }
        long start = start(entry, leader, reset);
        if (reset == OffsetReset.LATEST && entry.committed() == null) {
            entry =
                    entry.committedAt(
                            new Committed(
                                    start, null, services.clock().nowMs(), leader.leaderEpoch()));
        }
        if (!entry.equals(before)) {
            draft.put(key, entry);
        }
        return new Owned(key, leader, entry.fence().generation(), start);
    }

    /** Where to begin: the committed offset, or by the policy where that is not in the log. */
    static long start(OffsetEntry entry, PartitionLeader leader, @Nullable OffsetReset reset) {
        long committed = entry.nextOffset(-1);
        if (committed >= leader.logStart() && committed <= leader.logEnd()) {
            return committed;
        }
        if (reset == OffsetReset.NONE) {
            throw committed >= 0
                    ? leader.outOfRange(committed)
                    : ProblemCode.NO_COMMITTED_OFFSET.exception(
                            "nothing is committed in "
                                    + leader.name()
                                    + ", and autoOffsetReset is none");
        }
        return reset == OffsetReset.LATEST ? leader.highWatermark().offset() : leader.logStart();
    }
}
