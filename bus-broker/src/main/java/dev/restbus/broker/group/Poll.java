package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.MemberSession.HandedOut;
import dev.restbus.broker.group.MemberSession.Range;
import dev.restbus.broker.group.PollAnswer.Held;
import dev.restbus.broker.offsets.Futures;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.OffsetsPartition.Accepted;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One poll on its way: open the offsets, join, settle the batch before, confirm, take partitions,
 * then read or wait. Its steps run one after another, on the caller's thread as long as nothing has
 * to be waited for.
 */
final class Poll implements MemberSession.Call {

    /** A member that has its answer polls again before the writer notes that it was written. */
    private static final long WRITTEN_GRACE_NANOS = 250_000_000;

    /** When to look again for a topic that is on its way. */
    private static final long NOT_YET_NANOS = 50_000_000;

    private static final CompletableFuture<Void> NOTHING = CompletableFuture.completedFuture(null);

    private final GroupPolls polls;
    private final GroupServices services;
    private final PollRequest request;
    private final MemberSession session;
    private final RecordSink sink;
    private final long deadlineNanos;
    private final @Nullable BatchToken ack;
    private final CompletableFuture<PollAnswer> answer = new CompletableFuture<>();

    /** Completes once what this poll committed is durable. */
    private CompletableFuture<?> committed = NOTHING;

    private volatile @Nullable Parking parking;

    /** From the first time it parks to its end: who looks again keeps its place. */
    private boolean countedAsParked;

    /** A change came while the poll was not parked. */
    private volatile boolean changed;

    /**
     * Begins nothing yet.
     *
     * @throws BusException 400 {@code invalid-parameter}
     */
    Poll(GroupPolls polls, PollRequest request, MemberSession session, RecordSink sink) {
        this.polls = polls;
        this.services = polls.services();
        this.request = request;
        this.session = session;
        this.sink = sink;
        this.deadlineNanos =
                services.clock().nanos() + TimeUnit.MILLISECONDS.toNanos(request.limits().waitMs());
        this.ack =
                request.ack() == null
                        ? null
                        : BatchToken.parse(request.ack())
                                .requireOf(request.group(), request.memberId());
    }

    CompletableFuture<PollAnswer> start() {
        MemberSession.Call previous = session.supersede(this);
        if (previous != null) {
            previous.wake();
        }
        polls.offsets(request.group())
                .thenCompose(this::prepare)
                .whenComplete(
                        (offsets, failure) -> {
                            if (failure == null) {
                                advance(offsets);
                            } else {
                                fail(failure);
                            }
                        });
        return answer;
    }

    @Override
    public void wake() {
        changed = true;
        Parking present = parking;
        if (present != null) {
            present.end();
        }
    }

    private CompletableFuture<OffsetsPartition> prepare(OffsetsPartition offsets) {
        return afterExpiry()
                .thenCompose(ignored -> services.hop(polls.joins().joined(request.joining())))
                .thenCompose(view -> settle(offsets, view))
                .thenCompose(ignored -> confirm())
                .thenApply(ignored -> offsets);
    }

    /** An expiry that is being reported is not undone: the member joins anew behind it. */
    private CompletableFuture<?> afterExpiry() {
        CompletableFuture<?> leaving = session.leaving();
        return leaving == null ? NOTHING : services.hop(leaving.handle((done, failure) -> done));
    }

    /** Finds out what became of the batch before, and commits what is to be committed. */
    private CompletableFuture<?> settle(OffsetsPartition offsets, GroupView view) {
        MemberView member = view.member(request.memberId());
        if (member != null) {
            session.follow(member);
        }
        if (!session.isCurrent(this)) {
            return NOTHING;
        }
        HandedOut last = session.last();
        boolean acked = ack != null && last != null && last.isCoveredBy(ack);
        if (last == null || acked || last.written().isDone()) {
            return settle(offsets, last, acked || (last != null && last.written().join()));
        }
        CompletableFuture<Boolean> known = new CompletableFuture<>();
        last.written().thenAccept(known::complete);
        services.clock()
                .schedule(
                        services.clock().nanos() + WRITTEN_GRACE_NANOS,
                        () -> known.complete(false));
        return services.hop(known).thenCompose(written -> settle(offsets, last, written));
    }

    private CompletableFuture<?> settle(
            OffsetsPartition offsets, @Nullable HandedOut last, boolean written) {
        List<TopicPartition> refused = List.of();
        if (ack != null) {
            Accepted<List<TopicPartition>> result = polls.commits().commit(offsets, ack);
            committed = result.durable();
            refused = result.answer();
        } else if (last != null && written && request.autoCommit()) {
            Accepted<List<TopicPartition>> result =
                    polls.commits().commit(offsets, batch(last.ranges()));
            committed = result.durable();
            refused = result.answer();
        }
        // Whoever reset them, or took them meanwhile: what is left of them is taken anew.
        session.disown(refused);
        if (last != null && written) {
            session.received(last);
        } else if (last != null) {
            session.lost(last);
        }
        if (ack == null || refused.isEmpty()) {
            return NOTHING;
        }
        BusException stale = Commits.stale(ack, refused);
        return committed.thenCompose(durable -> CompletableFuture.failedFuture(stale));
    }

    /** The member confirms what it lost once it has seen it. */
    private CompletableFuture<?> confirm() {
        MemberView member = member();
        if (member == null
                || member.revoking().isEmpty()
                || !session.saw(member.memberEpoch())
                || !session.isCurrent(this)) {
            return NOTHING;
        }
        // What was handed out of it is committed as far as it will be.
        return services.hop(
                committed.thenCompose(
                        durable ->
                                services.channel()
                                        .confirm(
                                                request.group(),
                                                request.memberId(),
                                                member.memberEpoch())));
    }

    private void advance(OffsetsPartition offsets) {
        try {
            changed = false;
            take(offsets)
                    .whenComplete(
                            (taken, failure) -> {
                                if (failure == null) {
                                    readSafely(offsets);
                                } else {
                                    fail(failure);
                                }
                            });
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Takes what is assigned and not read yet. */
    private CompletableFuture<?> take(OffsetsPartition offsets) {
        MemberView member = member();
        if (member == null || !session.isCurrent(this)) {
            return NOTHING;
        }
        session.follow(member);
        dropClosed();
        List<TopicPartition> fresh = new ArrayList<>();
        for (TopicPartition name : member.assignment()) {
            if (session.owned(name) == null) {
                fresh.add(name);
            }
        }
        Map<OffsetKey, PartitionLeader> present = polls.ownership().present(request.group(), fresh);
        if (present.isEmpty()) {
            return NOTHING;
        }
        return services.hop(polls.ownership().take(offsets, session, present, request.reset()))
                .thenAccept(session::own);
    }

    /** A topic that was deleted, and perhaps created again, is not read through its old leader. */
    private void dropClosed() {
        for (Owned one : session.allOwned()) {
            TopicMetadata topic = services.partitions().topic(one.name().topic());
            if (topic == null || !topic.id().equals(one.leader().topicId())) {
                session.disown(one.key());
            }
        }
    }

    private void readSafely(OffsetsPartition offsets) {
        try {
            read(offsets);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void read(OffsetsPartition offsets) {
        GroupView view = services.channel().group(request.group());
        MemberView member = view == null ? null : view.member(request.memberId());
        for (Owned one : session.allOwned()) {
            polls.failures().prepareHold(offsets, one);
        }
        List<Owned> open = new ArrayList<>();
        List<Held> held = new ArrayList<>();
        PollAnswer result = null;
        long nextLookNanos;
        synchronized (session) {
            boolean current = session.isCurrent(this);
            nextLookNanos = sort(current ? session.inTurn() : List.of(), open, held);
            BatchReader reader = new BatchReader(request.limits(), sink);
            reader.read(open, request.reset());
            if (!current || !reader.ranges().isEmpty() || member == null || mustAnswer(member)) {
                result = result(view, member, reader.ranges(), held, !current);
            }
        }
        if (result != null || member == null) {
            finish(Objects.requireNonNull(result));
            return;
        }
        if (open.size() + held.size() < member.assignment().size()) {
            // A partition is granted whose topic this broker does not know yet.
            nextLookNanos = earlier(nextLookNanos, services.clock().nanos() + NOT_YET_NANOS);
        }
        park(offsets, open, nextLookNanos);
    }

    /**
     * Parts what can be read now from what a backoff keeps back.
     *
     * @return when to look again at the latest
     */
    private long sort(List<Owned> all, List<Owned> open, List<Held> held) {
        long nextLookNanos = deadlineNanos;
        for (Owned one : all) {
            Holds.Hold hold = polls.failures().runningHold(one);
            if (hold == null) {
                open.add(one);
            } else {
                held.add(new Held(one.name(), hold.untilMs()));
                nextLookNanos = earlier(nextLookNanos, hold.untilNanos());
            }
        }
        return nextLookNanos;
    }

    /** Whether the answer leaves though there is no record. */
    private boolean mustAnswer(MemberView member) {
        return session.mustSee(member)
                || services.clock().nanos() - deadlineNanos >= 0
                || polls.isClosing();
    }

    private void park(OffsetsPartition offsets, List<Owned> open, long nextLookNanos) {
        if (!countedAsParked) {
            polls.park();
            countedAsParked = true;
        }
        Parking place = new Parking(services.workers(), () -> resume(offsets));
        parking = place;
        for (Owned one : open) {
            place.awaitBeyond(one.leader().highWatermark(), one.position());
        }
        place.awaitTime(services.clock(), nextLookNanos);
        if (changed || !session.isCurrent(this) || polls.isClosing()) {
            place.end();
        }
    }

    private void resume(OffsetsPartition offsets) {
        Parking place = parking;
        parking = null;
        BusException failure = place == null ? null : place.failure();
        if (failure != null && stillThere()) {
            fail(failure);
        } else {
            advance(offsets);
        }
    }

    /** Whether every topic read is there, so that a mark that stopped means a broken disk. */
    private boolean stillThere() {
        return session.allOwned().stream()
                .allMatch(
                        one -> {
                            TopicMetadata topic = services.partitions().topic(one.name().topic());
                            return topic != null && topic.id().equals(one.leader().topicId());
                        });
    }

    /** Notes what is about to be handed out, under the lock under which it was read. */
    private PollAnswer result(
            @Nullable GroupView view,
            @Nullable MemberView member,
            List<Range> ranges,
            List<Held> held,
            boolean superseded) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        if (member != null && !superseded) {
            session.handOut(
                    new HandedOut(ranges, member.memberEpoch(), member.assignment(), written));
        }
        return new PollAnswer(
                ranges.isEmpty() ? null : batch(ranges).text(),
                member == null ? 0 : member.memberEpoch(),
                member == null ? List.of() : member.assignment(),
                view == null || member == null || !view.settled(),
                superseded,
                held,
                all -> {
                    session.touch(services.clock().nanos());
                    written.complete(all);
                });
    }

    /** The answer leaves once what it reports is durable. */
    private void finish(PollAnswer result) {
        end();
        services.hop(committed)
                .whenComplete(
                        (durable, failure) -> {
                            if (failure == null) {
                                answer.complete(result);
                            } else {
                                result.onWritten().accept(false);
                                answer.completeExceptionally(Futures.cause(failure));
                            }
                        });
    }

    private void fail(Throwable failure) {
        end();
        answer.completeExceptionally(Futures.cause(failure));
    }

    private void end() {
        session.ended(this);
        if (countedAsParked) {
            countedAsParked = false;
            polls.unpark();
        }
    }

    private @Nullable MemberView member() {
        GroupView view = services.channel().group(request.group());
        return view == null ? null : view.member(request.memberId());
    }

    private BatchToken batch(List<Range> ranges) {
        return new BatchToken(
                request.group(),
                request.memberId(),
                session.incarnation(),
                ranges.stream().map(Range::named).toList());
    }

    private static long earlier(long someNanos, long otherNanos) {
        return someNanos - otherNanos <= 0 ? someNanos : otherNanos;
    }
}
