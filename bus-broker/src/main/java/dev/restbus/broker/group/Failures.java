package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.Groups.FailureOutcome;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.DeadLetterMove;
import dev.restbus.broker.offsets.OffsetEntry.Retry;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.OffsetsPartition.Accepted;
import dev.restbus.broker.offsets.OffsetsPartition.Draft;
import dev.restbus.broker.replication.PartitionLeader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Offset-based retry: a failed attempt is counted durably, the partition waits out the backoff, the
 * record is handed out again, and after the last attempt it leaves for the dead-letter topic. Only
 * the first record of what a member has open can fail: what lies before it must be committed first,
 * and what was handed out behind it comes again. Thread-safe.
 */
final class Failures {

    static final int MAX_ERROR_BYTES = 1024;

    private static final System.Logger LOGGER = System.getLogger(Failures.class.getName());

    /** How soon a dead-letter move that failed is tried again. */
    private static final long MOVE_RETRY_MS = 1_000;

    private final GroupServices services;
    private final Sessions sessions;
    private final DeadLetters deadLetters;
    private final Ownership ownership;
    private final Holds holds;

    Failures(GroupServices services, Sessions sessions, DeadLetters deadLetters) {
        this.services = services;
        this.sessions = sessions;
        this.deadLetters = deadLetters;
        this.ownership = new Ownership(services);
        this.holds = new Holds(services.clock());
    }

    /**
     * A member could not process a record. A repeat of the report, before the record was handed out
     * again, has the same answer and counts once, however late it comes; for a member that reads
     * the partition by itself, until the backoff is over. Fails with 404 {@code unknown-member},
     * 409 {@code stale-member-epoch} if the partition is not the member's, 422 {@code
     * invalid-value} if the offset is not its first open record.
     */
    CompletableFuture<FailureOutcome> report(
            MemberSession session, TopicPartition name, long offset, String error) {
        GroupView view = services.channel().group(session.group());
        MemberView member = view == null ? null : view.member(session.memberId());
        if (view == null || member == null) {
            return CompletableFuture.failedFuture(
                    ProblemCode.UNKNOWN_MEMBER.exception(
                            "group '"
                                    + session.group()
                                    + "' has no member '"
                                    + session.memberId()
                                    + "'"));
        }
        services.partitions().leader(name.topic(), name.partition());
        session.follow(member);
        return services.hop(services.offsets().open(session.group()))
                .thenCompose(
                        offsets ->
                                services.hop(owned(offsets, session, name))
                                        .thenCompose(
                                                one ->
                                                        new Report(
                                                                        offsets,
                                                                        session,
                                                                        one,
                                                                        view.retry(),
                                                                        offset,
                                                                        cut(error))
                                                                .outcome()));
    }

    /**
     * The backoff that keeps a partition back at its position, or null. Lock-free: it is asked
     * under the session's lock, under which nothing of the offsets may be asked.
     */
    Holds.@Nullable Hold runningHold(Owned one) {
        return holds.running(one.key(), one.position());
    }

    /**
     * Sees to it that a failing record that was counted before this process began waits out its
     * backoff, in full, and that a dead-letter move goes on.
     */
    void prepareHold(OffsetsPartition offsets, Owned one) {
        OffsetEntry entry = offsets.peek(one.key());
        Retry retry = entry == null ? null : entry.retry();
        if (entry == null || retry == null) {
            holds.end(one.key());
        } else if (entry.move() != null) {
            if (holds.running(one.key(), retry.offset()) == null) {
                holds.start(one.key(), retry.offset(), MOVE_RETRY_MS);
                services.workers().execute(() -> resume(offsets, one.key()));
            }
        } else if (holds.of(one.key(), retry.offset()) == null) {
            GroupView view = services.channel().group(one.key().group());
            RetryPolicy policy = view == null ? RetryPolicy.DEFAULT : view.retry();
            holds.start(one.key(), retry.offset(), policy.backoffMs());
        }
    }

    /** Goes on with a move that was under way. */
    void resume(OffsetsPartition offsets, OffsetKey key) {
        move(offsets, key)
                .whenComplete(
                        (next, failure) -> {
                            if (failure != null) {
                                LOGGER.log(
                                        System.Logger.Level.WARNING,
                                        "a record of " + key + " waits for its dead-letter topic",
                                        failure);
                            }
                        });
    }

    private CompletableFuture<Long> move(OffsetsPartition offsets, OffsetKey key) {
        return deadLetters
                .move(offsets, key)
                .thenApply(
                        next -> {
                            goOn(offsets, key, next);
                            return next;
                        });
    }

    /** Whoever reads the partition goes on behind the record. */
    private void goOn(OffsetsPartition offsets, OffsetKey key, long nextOffset) {
        holds.end(key);
        OffsetEntry entry = offsets.peek(key);
        if (entry != null && entry.nextOffset(-1) == nextOffset) {
            for (MemberSession session : sessions.ofGroup(key.group())) {
                session.restart(key, nextOffset, entry.fence().generation());
                session.wake();
            }
        }
    }

    private CompletableFuture<Owned> owned(
            OffsetsPartition offsets, MemberSession session, TopicPartition name) {
        Owned one = session.owned(name);
        if (one != null) {
            return CompletableFuture.completedFuture(one);
        }
        Map<OffsetKey, PartitionLeader> present = ownership.present(session.group(), List.of(name));
        return ownership
                .take(offsets, session, present, OffsetReset.EARLIEST)
                .thenApply(
                        taken -> {
                            if (taken.isEmpty()) {
                                throw stale(session, name);
                            }
                            session.own(taken);
                            return taken.get(0);
                        });
    }

    /** One report on its way. */
    private final class Report {
        private final OffsetsPartition offsets;
        private final MemberSession session;
        private final Owned one;
        private final RetryPolicy policy;

        private final long offset;
        private final String error;

        // Asked before the offsets are locked, never under their lock.
        private final long incarnation;
        private final long handedOutUnder;

        /** No record lies between this and the one that failed. */
        private final long emptyFrom;

        Report(
                OffsetsPartition offsets,
                MemberSession session,
                Owned one,
                RetryPolicy policy,
                long offset,
                String error) {
            this.offsets = offsets;
            this.session = session;
            this.one = one;
            this.policy = policy;
            this.offset = offset;
            this.error = error;
            this.incarnation = session.incarnation();
            this.handedOutUnder = session.handedOutUnder(one.name(), offset);
            this.emptyFrom = emptyFrom(head(offsets.peek(one.key())));
        }

        private long emptyFrom(long head) {
            boolean maybeHole = head < offset && offset < one.leader().highWatermark().offset();
            FoundRecord first = maybeHole ? FoundRecord.firstFrom(one.leader(), head) : null;
            return first != null && first.record().offset() == offset ? head : offset;
        }

        CompletableFuture<FailureOutcome> outcome() {
            if (attemptsWith(offsets.peek(one.key())) < policy.maxAttempts()) {
                return count(null);
            }
            return deadLetters
                    .target(one.key(), one.leader(), offset, policy)
                    .thenCompose(this::count);
        }

        private CompletableFuture<FailureOutcome> count(@Nullable PartitionLeader target) {
            Accepted<FailureOutcome> counted = offsets.update(draft -> decide(draft, target));
            OffsetEntry entry = offsets.peek(one.key());
            if (entry != null && counted.answer().nextOffset() == null) {
                session.restart(one.key(), offset, entry.fence().generation());
                session.wake();
            }
            if (entry == null || entry.move() == null) {
                return counted.whenDurable();
            }
            return counted.durable()
                    .thenCompose(durable -> move(offsets, one.key()))
                    .thenApply(next -> new FailureOutcome(counted.answer().attempt(), null, next));
        }

        private FailureOutcome decide(Draft draft, @Nullable PartitionLeader target) {
            OffsetEntry entry = draft.getOrFresh(one.key(), one.name().topic());
            if (!entry.fence().isOf(session.memberId(), incarnation)) {
                throw stale(session, one.name());
            }
            Retry before = entry.retry();
            if (entry.deadLettered() != null
                    && entry.deadLettered() == offset
                    && entry.nextOffset(-1) == offset + 1) {
                return new FailureOutcome(policy.maxAttempts(), null, offset + 1);
            }
            requireHead(entry);
            if (before != null && before.offset() == offset) {
                if (entry.move() != null) {
                    return new FailureOutcome(before.attempts(), null, null);
                }
                Holds.Hold hold = holds.of(one.key(), offset);
                if (!cameAgain(entry, hold)) {
                    if (hold == null) {
                        hold = holds.start(one.key(), offset, policy.backoffMs());
                    }
                    return new FailureOutcome(before.attempts(), hold.untilMs(), null);
                }
            }
            return countMore(draft, entry, target);
        }

        /**
         * Whether the member can have tried the record once more since its last failure. After a
         * restart nobody knows: it is taken for a repeat, and the record comes once more.
         */
        private boolean cameAgain(OffsetEntry entry, Holds.@Nullable Hold hold) {
            return handedOutUnder == MemberSession.READ_ELSEWHERE
                    ? hold != null && holds.running(one.key(), offset) == null
                    : handedOutUnder == entry.fence().generation();
        }

        private FailureOutcome countMore(
                Draft draft, OffsetEntry entry, @Nullable PartitionLeader target) {
            Retry before = entry.retry();
            long nowMs = services.clock().nowMs();
            int attempts = attemptsWith(entry);
            boolean repeated = before != null && before.offset() == offset;
            long firstMs = repeated ? before.firstFailureMs() : nowMs;
            Retry retry = new Retry(offset, attempts, firstMs, nowMs, error);
            if (target == null || attempts < policy.maxAttempts()) {
                draft.put(one.key(), entry.failed(retry));
                Holds.Hold hold = holds.start(one.key(), offset, policy.backoffMs());
                return new FailureOutcome(attempts, hold.untilMs(), null);
            }
            DeadLetterMove move =
                    new DeadLetterMove(
                            offset,
                            target.name().topic(),
                            target.topicId(),
                            target.name().partition(),
                            target.logEnd());
            draft.put(one.key(), entry.moving(retry, move));
            holds.start(one.key(), offset, MOVE_RETRY_MS);
            return new FailureOutcome(attempts, null, null);
        }

        private long head(@Nullable OffsetEntry entry) {
            long open = entry == null ? one.start() : entry.nextOffset(one.start());
            return Math.max(open, one.leader().logStart());
        }

        private void requireHead(OffsetEntry entry) {
            long head = head(entry);
            Commits.checkReadable(one.leader(), offset + 1, "/offset");
            if (head > offset || head < emptyFrom) {
                throw ProblemCode.INVALID_VALUE.exceptionAt(
                        "/offset",
                        "the first record of "
                                + one.name()
                                + " that is not committed is "
                                + head
                                + "; only it can fail, not "
                                + offset
                                + (offset > head ? ": commit what lies before it" : ""));
            }
        }

        private int attemptsWith(@Nullable OffsetEntry entry) {
            Retry before = entry == null ? null : entry.retry();
            return before != null && before.offset() == offset ? before.attempts() + 1 : 1;
        }
    }

    private static BusException stale(MemberSession session, TopicPartition name) {
        return ProblemCode.STALE_MEMBER_EPOCH.exception(
                "member '" + session.memberId() + "' does not own " + name);
    }

    /** At most {@link #MAX_ERROR_BYTES} of UTF-8, cut between characters. */
    static String cut(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= MAX_ERROR_BYTES) {
            return text;
        }
        int end = MAX_ERROR_BYTES;
        while ((utf8[end] & 0xc0) == 0x80) {
            end--;
        }
        return new String(utf8, 0, end, StandardCharsets.UTF_8);
    }
}
