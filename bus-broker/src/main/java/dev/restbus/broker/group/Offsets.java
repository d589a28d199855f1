package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.Groups.Moved;
import dev.restbus.broker.group.Groups.Place;
import dev.restbus.broker.offsets.Fence;
import dev.restbus.broker.offsets.Futures;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.OffsetsPartition.Draft;
import dev.restbus.broker.replication.PartitionLeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Committed offsets by hand: commit, look, reset, forget. Thread-safe. */
final class Offsets {

    private final GroupServices services;
    private final Sessions sessions;

    Offsets(GroupServices services, Sessions sessions) {
        this.services = services;
        this.sessions = sessions;
    }

    /**
     * Commits all of it or nothing, and tells whether a place went back. Fails with 404 {@code
     * unknown-topic}, {@code unknown-partition}, {@code unknown-member}, 409 {@code
     * stale-member-epoch}, 409 {@code group-not-empty} without a member while the group has some,
     * 422 {@code offset-beyond-log-end}, {@code invalid-value}.
     */
    CompletableFuture<Boolean> commit(ExplicitCommit commit) {
        Map<ExplicitCommit.Offset, PartitionLeader> leaders = new LinkedHashMap<>();
        for (int i = 0; i < commit.offsets().size(); i++) {
            ExplicitCommit.Offset offset = commit.offsets().get(i);
            leaders.put(offset, checked(offset, "/offsets/" + i));
        }
        GroupView view = services.channel().group(commit.group());
        CompletableFuture<?> known =
                view == null && commit.memberId() == null && !leaders.isEmpty()
                        ? services.channel().configure(commit.group(), RetryPolicy.DEFAULT)
                        : CompletableFuture.completedFuture(null);
        return services.hop(known)
                .thenCompose(done -> services.hop(services.offsets().open(commit.group())))
                .thenCompose(
                        offsets ->
                                offsets.update(draft -> commitAll(draft, commit, leaders))
                                        .whenDurable());
    }

    private boolean commitAll(
            Draft draft,
            ExplicitCommit commit,
            Map<ExplicitCommit.Offset, PartitionLeader> leaders) {
        boolean rewound = false;
        for (Map.Entry<ExplicitCommit.Offset, PartitionLeader> one : leaders.entrySet()) {
            rewound |= commit(draft, commit, one.getKey(), one.getValue());
        }
        return rewound;
    }

    private PartitionLeader checked(ExplicitCommit.Offset offset, String pointer) {
        PartitionLeader leader = services.partitions().leader(offset.topic(), offset.partition());
        if (offset.nextOffset() < 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    pointer + "/nextOffset", "nextOffset is 0 or more, not " + offset.nextOffset());
        }
        Commits.checkReadable(leader, offset.nextOffset(), pointer + "/nextOffset");
        String metadata = offset.metadata();
        int bytes = metadata == null ? 0 : metadata.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > OffsetEntry.MAX_METADATA_BYTES) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    pointer + "/metadata",
                    "metadata is up to "
                            + OffsetEntry.MAX_METADATA_BYTES
                            + " bytes of UTF-8, not "
                            + bytes);
        }
        return leader;
    }

    /** Returns whether the place went back. */
    private boolean commit(
            Draft draft,
            ExplicitCommit commit,
            ExplicitCommit.Offset offset,
            PartitionLeader leader) {
        // Asked under the lock of the offsets, as in Ownership.
        GroupView view = services.channel().group(commit.group());
        OffsetKey key = new OffsetKey(commit.group(), leader.topicId(), offset.partition());
        OffsetEntry entry = draft.getOrFresh(key, offset.topic());
        boolean rewound = offset.nextOffset() < entry.nextOffset(-1);
        Committed committed =
                new Committed(
                        offset.nextOffset(),
                        offset.metadata(),
                        services.clock().nowMs(),
                        leader.leaderEpoch());
        String memberId = commit.memberId();
        if (memberId == null) {
            requireEmpty(commit.group(), view);
            draft.put(key, entry.resetTo(committed));
            return rewound;
        }
        MemberView member = view == null ? null : view.member(memberId);
        OffsetEntry own = ownedEntry(entry, commit, memberId, member, leader.name());
        draft.put(key, own.committedAt(committed));
        return rewound;
    }

    /** The entry under the member's own fence, raised if it is the owner and did not yet. */
    private static OffsetEntry ownedEntry(
            OffsetEntry entry,
            ExplicitCommit commit,
            String memberId,
            @Nullable MemberView member,
            TopicPartition name) {
        Fence fence = entry.fence();
        long epoch = commit.memberEpoch();
        boolean ofThisIncarnation =
                member == null
                        || member.incarnation() <= fence.incarnation()
                        || epoch < member.incarnation();
        if (memberId.equals(fence.memberId())
                && epoch >= fence.memberEpoch()
                && ofThisIncarnation
                && (member == null || epoch <= member.memberEpoch())) {
            return entry;
        }
        if (member == null
                && !memberId.equals(fence.memberId())
                && !memberId.equals(fence.previousMemberId())) {
            throw ProblemCode.UNKNOWN_MEMBER.exception(
                    "group '" + commit.group() + "' has no member '" + memberId + "'");
        }
        boolean owner =
                member != null
                        && member.assignment().contains(name)
                        && epoch >= member.incarnation()
                        && epoch <= member.memberEpoch()
                        && member.memberEpoch() >= fence.memberEpoch();
        if (!owner) {
            throw stale(commit, name, fence);
        }
        return entry.raisedTo(memberId, epoch, member.incarnation());
    }

    private static BusException stale(ExplicitCommit commit, TopicPartition name, Fence fence) {
        return ProblemCode.STALE_MEMBER_EPOCH
                .problem(
                        "member '"
                                + commit.memberId()
                                + "' may not commit in "
                                + name
                                + " with epoch "
                                + commit.memberEpoch()
                                + ": the partition is fenced for "
                                + (fence.memberId() == null
                                        ? "its next owner"
                                        : "'" + fence.memberId() + "'")
                                + " with epoch "
                                + fence.memberEpoch())
                .with("fenceEpoch", fence.memberEpoch())
                .asException();
    }

    static void requireEmpty(String group, @Nullable GroupView view) {
        if (view != null && !view.members().isEmpty()) {
            throw ProblemCode.GROUP_NOT_EMPTY.exception(
                    "group '"
                            + group
                            + "' has "
                            + view.members().size()
                            + " live members, '"
                            + view.members().get(0).memberId()
                            + "' among them");
        }
    }

    /**
     * Every committed offset of a group, sorted by partition; topics that are gone are left out.
     * Fails with 404 {@code unknown-group}.
     */
    CompletableFuture<List<Place>> list(String group) {
        return entries(group)
                .thenApply(
                        entries -> {
                            if (entries.isEmpty() && services.channel().group(group) == null) {
                                throw unknownGroup(group);
                            }
                            List<Place> places = new ArrayList<>();
                            entries.forEach((key, entry) -> addPlace(places, key, entry));
                            places.sort(Comparator.comparing(Place::partition));
                            return places;
                        });
    }

    static BusException unknownGroup(String group) {
        return ProblemCode.UNKNOWN_GROUP.exception("there is no group '" + group + "'");
    }

    /** The entries of a group, once they are durable; empty where nothing was ever committed. */
    CompletableFuture<Map<OffsetKey, OffsetEntry>> entries(String group) {
        if (services.partitions().topic(OffsetStore.TOPIC) == null) {
            return CompletableFuture.completedFuture(Map.of());
        }
        return services.hop(
                services.offsets().open(group).thenCompose(offsets -> offsets.entries(group)));
    }

    private void addPlace(List<Place> places, OffsetKey key, OffsetEntry entry) {
        PartitionLeader leader = leader(key, entry.topic());
        Committed committed = entry.committed();
        if (leader != null && committed != null) {
            long from = Math.max(committed.nextOffset(), leader.logStart());
            long lag = Math.max(0, leader.highWatermark().offset() - from);
            places.add(new Place(leader.name(), committed, lag));
        }
    }

    /** The leader of this very topic's partition, or null where it is gone. */
    @Nullable PartitionLeader leader(OffsetKey key, String topicName) {
        TopicMetadata topic = services.partitions().topic(topicName);
        boolean there =
                topic != null
                        && topic.id().equals(key.topicId())
                        && key.partition() < topic.partitionCount();
        return there ? services.partitions().leader(topicName, key.partition()) : null;
    }

    /**
     * Deletes the group and forgets its offsets. Fails with 404 {@code unknown-group}, 409 {@code
     * group-not-empty}.
     */
    CompletableFuture<Void> delete(String group) {
        return services.hop(services.channel().deleteGroup(group))
                .handle((done, failure) -> failure)
                .thenCompose(
                        failure ->
                                failure == null
                                        ? forget(group).thenAccept(count -> {})
                                        : forgetLeftOvers(group, Futures.cause(failure)));
    }

    /** A delete that was cut off between its two halves is finished by its repeat. */
    private CompletableFuture<Void> forgetLeftOvers(String group, Throwable failure) {
        boolean gone =
                failure instanceof BusException refused
                        && refused.problem().code() == ProblemCode.UNKNOWN_GROUP;
        if (!gone) {
            return CompletableFuture.failedFuture(failure);
        }
        return forget(group)
                .thenAccept(
                        count -> {
                            if (count == 0) {
                                throw (BusException) failure;
                            }
                        });
    }

    private CompletableFuture<Integer> forget(String group) {
        return entries(group)
                .thenCompose(
                        seen ->
                                seen.isEmpty()
                                        ? CompletableFuture.completedFuture(0)
                                        : services.offsets()
                                                .open(group)
                                                .thenCompose(offsets -> forget(offsets, group)));
    }

    private static CompletableFuture<Integer> forget(OffsetsPartition offsets, String group) {
        return offsets.update(
                        draft -> {
                            Map<OffsetKey, OffsetEntry> entries = draft.entries(group);
                            entries.keySet().forEach(draft::remove);
                            return entries.size();
                        })
                .whenDurable();
    }

    /**
     * Sets the group's place and raises the fence, so that older acks count no more.
     *
     * @param targets the new place by partition
     * @param force also while the group has live members; they go on from there
     * @param dryRun only tell
     */
    CompletableFuture<List<Moved>> reset(
            String group, Map<PartitionLeader, Long> targets, boolean force, boolean dryRun) {
        GroupView view = services.channel().group(group);
        if (!force) {
            requireEmpty(group, view);
        }
        CompletableFuture<?> known =
                view == null && !dryRun
                        ? services.channel().configure(group, RetryPolicy.DEFAULT)
                        : CompletableFuture.completedFuture(null);
        return services.hop(known)
                .thenCompose(done -> services.hop(services.offsets().open(group)))
                .thenCompose(
                        offsets -> {
                            CompletableFuture<List<Moved>> moved =
                                    offsets.update(
                                                    draft ->
                                                            reset(
                                                                    draft, group, targets, force,
                                                                    dryRun))
                                            .whenDurable();
                            if (!dryRun) {
                                targets.keySet().forEach(leader -> disown(group, leader));
                            }
                            return moved;
                        });
    }

    private List<Moved> reset(
            Draft draft,
            String group,
            Map<PartitionLeader, Long> targets,
            boolean force,
            boolean dryRun) {
        if (!force) {
            requireEmpty(group, services.channel().group(group));
        }
        List<Moved> moved = new ArrayList<>();
        long nowMs = services.clock().nowMs();
        targets.forEach(
                (leader, after) -> {
                    OffsetKey key =
                            new OffsetKey(group, leader.topicId(), leader.name().partition());
                    OffsetEntry entry = draft.getOrFresh(key, leader.name().topic());
                    Committed before = entry.committed();
                    moved.add(
                            new Moved(
                                    leader.name(),
                                    before == null ? null : before.nextOffset(),
                                    after));
                    if (!dryRun) {
                        int epoch = leader.leaderEpoch();
                        draft.put(key, entry.resetTo(new Committed(after, null, nowMs, epoch)));
                    }
                });
        return moved;
    }

    private void disown(String group, PartitionLeader leader) {
        OffsetKey key = new OffsetKey(group, leader.topicId(), leader.name().partition());
        for (MemberSession session : sessions.ofGroup(group)) {
            if (session.disown(key)) {
                session.wake();
            }
        }
    }
}
