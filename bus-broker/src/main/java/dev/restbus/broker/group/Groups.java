package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.offsets.OffsetEntry.Committed;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.offsets.OffsetsPartition.Accepted;
import dev.restbus.broker.offsets.TopicCreation;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Consumer groups at their home broker: everything a member or an operator asks of a group. Futures
 * fail with {@link dev.restbus.api.BusException}. Thread-safe.
 */
public final class Groups implements AutoCloseable {

    /** Parked polls of one broker. */
    public static final int MAX_PARKED = 10_000;

    private final GroupServices services;
    private final Sessions sessions;
    private final Failures failures;
    private final GroupPolls polls;
    private final Offsets offsets;
    private final Ownership ownership;
    private final OffsetExpiry expiry;

    /** Groups whose dead-letter moves were looked after since the start. */
    private final Set<String> resumed = ConcurrentHashMap.newKeySet();

    /**
     * Does nothing before {@link #start}.
     *
     * @param maxParked how many polls may wait at a time; more is 429 {@code too-many-parked}
     * @param offsetsRetentionMs how long the offsets of a group without members are kept
     */
    public Groups(
            GroupServices services, TopicCreation topics, int maxParked, long offsetsRetentionMs) {
        this.services = services;
        this.sessions = new Sessions(services.channel(), services.clock());
        this.failures = new Failures(services, sessions, new DeadLetters(services, topics));
        this.polls = new GroupPolls(services, sessions, failures, maxParked);
        this.offsets = new Offsets(services, sessions);
        this.ownership = new Ownership(services);
        this.expiry = new OffsetExpiry(services, offsetsRetentionMs);
    }

    /** Follows the coordinator and finishes what a crash cut off; expires nobody yet. */
    public void start() {
        sessions.start(this::resumeMoves);
        services.channel().groups().forEach(this::resumeMoves);
    }

    /**
     * Members can reach this broker: their sessions run from now, each a whole one, and who is
     * silent for longer expires. So do, later, the offsets of groups that nobody is in. Called
     * once, behind {@link #start}.
     */
    public void runSessions() {
        sessions.run();
        expiry.run(sessions::isClosed);
    }

    /** Answers every parked poll, empty; members stay in their groups. */
    @Override
    public void close() {
        sessions.close();
    }

    /** See {@link GroupPolls#poll}. */
    public CompletableFuture<PollAnswer> poll(PollRequest request, RecordSink sink) {
        return polls.poll(request, sink);
    }

    /** How many polls wait. */
    public int parked() {
        return polls.parked();
    }

    /**
     * A member of a group.
     *
     * @param joined whether this call made it one
     * @param settled whether the whole group holds what it should
     */
    public record Seat(MemberView member, boolean joined, boolean settled) {}

    /** Joins a member that reads from the leaders itself, or changes its subscription. */
    public CompletableFuture<Seat> join(Joining joining) {
        return sessions.inside(
                joining.group(),
                joining.memberId(),
                session -> {
                    GroupView before = services.channel().group(joining.group());
                    boolean known = before != null && before.member(joining.memberId()) != null;
                    return polls.joins().joined(joining).thenCompose(view -> seat(session, !known));
                });
    }

    /**
     * The member is alive and has seen its assignment of this epoch. Fails with 404 {@code
     * unknown-member}, 409 {@code fenced-instance}, 409 {@code stale-member-epoch} for an epoch of
     * an earlier incarnation.
     */
    public CompletableFuture<Seat> heartbeat(String group, String memberId, long memberEpoch) {
        MemberView member = member(group, memberId);
        if (member == null) {
            // The coordinator knows whether another member took its seat.
            return services.channel()
                    .confirm(group, memberId, memberEpoch)
                    .thenApply(
                            view -> {
                                throw unknownMember(group, memberId);
                            });
        }
        if (memberEpoch < member.incarnation()) {
            throw ProblemCode.STALE_MEMBER_EPOCH.exception(
                    "epoch "
                            + memberEpoch
                            + " is of an earlier life of member '"
                            + memberId
                            + "', which joined again with "
                            + member.incarnation());
        }
        return sessions.inside(
                group,
                memberId,
                session -> {
                    boolean confirms =
                            memberEpoch == member.memberEpoch() && !member.revoking().isEmpty();
                    CompletableFuture<?> confirmed =
                            confirms
                                    ? services.channel().confirm(group, memberId, memberEpoch)
                                    : CompletableFuture.completedFuture(null);
                    return services.hop(confirmed).thenCompose(done -> seat(session, false));
                });
    }

    /**
     * The member goes and its partitions are handed over at once. Fails with 404 {@code
     * unknown-member}, and where an ack is given as a poll does; then the member stays.
     */
    public CompletableFuture<Void> leave(String group, String memberId, @Nullable String ack) {
        MemberView member = requireMember(group, memberId);
        CompletableFuture<?> acked =
                ack == null ? CompletableFuture.completedFuture(null) : ack(group, memberId, ack);
        return acked.thenCompose(
                        done ->
                                services.channel()
                                        .leave(
                                                group,
                                                memberId,
                                                member.incarnation(),
                                                GroupChannel.LeaveCause.LEFT))
                .thenAccept(view -> {});
    }

    /** See {@link Offsets#commit}. */
    public CompletableFuture<Boolean> commit(ExplicitCommit commit) {
        String memberId = commit.memberId();
        return memberId == null || sessions.find(commit.group(), memberId) == null
                ? offsets.commit(commit)
                : sessions.inside(commit.group(), memberId, session -> offsets.commit(commit));
    }

    /**
     * What a group committed in one partition.
     *
     * @param lag records behind it that can be read
     */
    public record Place(TopicPartition partition, Committed committed, long lag) {}

    /** Every committed offset of a group. Fails with 404 {@code unknown-group}. */
    public CompletableFuture<List<Place>> places(String group) {
        return offsets.list(group);
    }

    /**
     * What a reset asks for.
     *
     * @param partition null for every partition of the topic
     * @param force also while the group has live members
     * @param dryRun only tell
     */
    public record Reset(
            String group,
            String topic,
            @Nullable Integer partition,
            ResetTarget target,
            boolean force,
            boolean dryRun) {}

    /**
     * One partition of a reset.
     *
     * @param before null where nothing was committed
     */
    public record Moved(TopicPartition partition, @Nullable Long before, long after) {}

    /**
     * Sets a group's place. Fails with 404 {@code unknown-topic}, {@code unknown-partition}, 409
     * {@code group-not-empty}, and as {@link ResetTarget#in}.
     */
    public CompletableFuture<List<Moved>> reset(Reset reset) {
        TopicMetadata topic = services.partitions().requireTopic(reset.topic());
        return CompletableFuture.supplyAsync(() -> targets(reset, topic), services.workers())
                .thenCompose(
                        targets ->
                                offsets.reset(
                                        reset.group(), targets, reset.force(), reset.dryRun()));
    }

    /**
     * What a failure report led to.
     *
     * @param attempt how often the record failed by now
     * @param resumeAtMs wall clock when it is handed out again; null if it is not
     * @param nextOffset the record behind it if it went to the dead-letter topic, else null
     */
    public record FailureOutcome(
            int attempt, @Nullable Long resumeAtMs, @Nullable Long nextOffset) {}

    /** See {@link Failures#report}. */
    public CompletableFuture<FailureOutcome> fail(
            String group, String memberId, TopicPartition name, long offset, String error) {
        requireMember(group, memberId);
        return sessions.inside(
                group, memberId, session -> failures.report(session, name, offset, error));
    }

    /** Every group by name. */
    public List<GroupView> list() {
        List<GroupView> groups = new ArrayList<>(services.channel().groups());
        groups.sort(Comparator.comparing(GroupView::group));
        return groups;
    }

    /**
     * A group as a person wants to see it.
     *
     * @param silentMs by member: how long ago it was last heard of, 0 while a call of it is here
     */
    public record Description(
            GroupView view,
            int offsetsPartition,
            long lag,
            double lagSeconds,
            Map<String, Long> silentMs) {}

    /** Describes a group. Fails with 404 {@code unknown-group}. */
    public CompletableFuture<Description> describe(String group) {
        GroupView view = services.channel().group(group);
        if (view == null) {
            throw Offsets.unknownGroup(group);
        }
        return offsets.entries(group)
                .thenApply(
                        entries -> {
                            Lag lag = Lag.of(view, entries, services, offsets);
                            return new Description(
                                    view,
                                    OffsetStore.partitionOf(group),
                                    lag.records(),
                                    lag.seconds(),
                                    silentMs(view));
                        });
    }

    /** Creates the group if need be and sets its retry policy. */
    public CompletableFuture<Description> configure(String group, RetryPolicy retry) {
        return services.hop(services.channel().configure(group, retry))
                .thenCompose(view -> describe(group));
    }

    /** See {@link Offsets#delete}. */
    public CompletableFuture<Void> delete(String group) {
        return offsets.delete(group);
    }

    private Map<PartitionLeader, Long> targets(Reset reset, TopicMetadata topic) {
        Map<PartitionLeader, Long> targets = new LinkedHashMap<>();
        Integer only = reset.partition();
        if (only != null) {
            PartitionLeader leader = services.partitions().leader(topic.name(), only);
            return Map.of(leader, reset.target().in(leader));
        }
        for (int p = 0; p < topic.partitionCount(); p++) {
            PartitionLeader leader = services.partitions().leader(topic, p);
            targets.put(leader, reset.target().in(leader));
        }
        return targets;
    }

    private Map<String, Long> silentMs(GroupView view) {
        Map<String, Long> silent = new LinkedHashMap<>();
        long now = services.clock().nanos();
        for (MemberView member : view.members()) {
            MemberSession session = sessions.find(view.group(), member.memberId());
            boolean here = session == null || !session.isIdle();
            silent.put(
                    member.memberId(),
                    here ? 0 : Math.max(0, (now - session.lastSeenNanos()) / 1_000_000));
        }
        return silent;
    }

    private CompletableFuture<?> ack(String group, String memberId, String text) {
        BatchToken batch = BatchToken.parse(text).requireOf(group, memberId);
        return services.hop(services.offsets().open(group))
                .thenCompose(
                        opened -> {
                            Accepted<List<TopicPartition>> result =
                                    polls.commits().commit(opened, batch);
                            return result.whenDurable();
                        })
                .thenAccept(
                        refused -> {
                            if (!refused.isEmpty()) {
                                throw Commits.stale(batch, refused);
                            }
                        });
    }

    /** The member with the fences of all it holds raised, so that it may read what is committed. */
    private CompletableFuture<Seat> seat(MemberSession session, boolean joined) {
        MemberView member = requireMember(session.group(), session.memberId());
        session.follow(member);
        Map<OffsetKey, PartitionLeader> present =
                ownership.present(session.group(), member.assignment());
        CompletableFuture<?> fenced =
                present.isEmpty()
                        ? CompletableFuture.completedFuture(null)
                        : services.hop(services.offsets().open(session.group()))
                                .thenCompose(
                                        opened -> ownership.take(opened, session, present, null));
        return services.hop(fenced)
                .thenApply(
                        done -> {
                            GroupView view = services.channel().group(session.group());
                            return new Seat(member, joined, view != null && view.settled());
                        });
    }

    private MemberView requireMember(String group, String memberId) {
        MemberView member = member(group, memberId);
        if (member == null) {
            throw unknownMember(group, memberId);
        }
        return member;
    }

    private @Nullable MemberView member(String group, String memberId) {
        GroupView view = services.channel().group(group);
        return view == null ? null : view.member(memberId);
    }

    private static BusException unknownMember(String group, String memberId) {
        return ProblemCode.UNKNOWN_MEMBER.exception(
                "group '" + group + "' has no member '" + memberId + "'");
    }

    /** Called once a group and start: a move under way goes on without anybody polling. */
    private void resumeMoves(GroupView view) {
        boolean first = resumed.add(view.group());
        if (!first || services.partitions().topic(OffsetStore.TOPIC) == null) {
            return;
        }
        services.offsets()
                .open(view.group())
                .thenAcceptAsync(
                        opened -> {
                            for (OffsetKey key : opened.moves()) {
                                if (key.group().equals(view.group())) {
                                    failures.resume(opened, key);
                                }
                            }
                        },
                        services.workers());
    }
}
