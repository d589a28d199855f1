package dev.restbus.broker.group;

import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.offsets.OffsetKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the home broker knows of one member: when it was last heard of, what it reads and how far,
 * and what it was handed out last. All of it can be lost: the coordinator knows the member and the
 * offsets topic its place. Thread-safe.
 */
final class MemberSession {

    /** A poll that the session can tell of changes. */
    interface Call {
        /** Something changed: look again. */
        void wake();
    }

    /** Records of one partition in one answer. */
    record Range(
            TopicPartition name, OffsetKey key, long generation, long fromOffset, long nextOffset) {

        /** As a batch names it. */
        BatchToken.Range named() {
            return new BatchToken.Range(
                    name.topic(), key.topicId(), name.partition(), generation, nextOffset);
        }
    }

    /**
     * One answer.
     *
     * @param ranges empty for one without records
     * @param written whether all of it left, once that is known
     */
    record HandedOut(
            List<Range> ranges,
            long memberEpoch,
            List<TopicPartition> assignment,
            CompletableFuture<Boolean> written) {

        /** Whether whoever sent this ack has the answer. */
        boolean isCoveredBy(BatchToken ack) {
            return !ranges.isEmpty()
                    && ranges.stream().allMatch(range -> ack.ranges().contains(range.named()));
        }
    }

    /** No generation: the record has not left since the partition was taken or started over. */
    static final long NOT_HANDED_OUT = -1;

    /** No generation: nobody here knows what the member has read. */
    static final long READ_ELSEWHERE = -2;

    private static final long NOTHING_SHOWN = -1;

    /**
     * How long a member may keep, though told, what it has to give up (KIP-848's rebalance timeout,
     * with Kafka's five minutes between two polls).
     */
    private static final long REBALANCE_TIMEOUT_NANOS = 300_000_000_000L;

    private final String group;
    private final String memberId;

    /** Calls of the member that are here, and whoever is about to use the session. */
    private final AtomicInteger inside = new AtomicInteger();

    private volatile long lastSeenNanos;

    // All below guarded by this.
    private long sessionTimeoutMs;
    private long incarnation;
    private long memberEpoch;

    /** Whether it has yet to confirm that it gave something up. */
    private boolean revoking;

    /** Of which epoch it was first found unconfirmed at {@link #unconfirmedSinceNanos}. */
    private long unconfirmedEpoch = NOTHING_SHOWN;

    private long unconfirmedSinceNanos;
    private List<TopicPartition> assignment = List.of();
    private @Nullable CompletableFuture<?> leaving;
    private final Map<TopicPartition, Owned> owned = new TreeMap<>();

    /** Assigned partitions that a poll looked at; others the member may read by itself. */
    private final Set<TopicPartition> polled = new HashSet<>();

    private @Nullable HandedOut last;
    private @Nullable Call current;
    private long shownEpoch = NOTHING_SHOWN;
    private List<TopicPartition> shownAssignment = List.of();
    private int turn;

    MemberSession(String group, String memberId, long sessionTimeoutMs, long nowNanos) {
        this.group = group;
        this.memberId = memberId;
        this.sessionTimeoutMs = sessionTimeoutMs;
        this.lastSeenNanos = nowNanos;
    }

    String group() {
        return group;
    }

    String memberId() {
        return memberId;
    }

    /** 0 before it joined. */
    synchronized long incarnation() {
        return incarnation;
    }

    long lastSeenNanos() {
        return lastSeenNanos;
    }

    /** The answer leaves; the session runs from here. */
    void exit(long nowNanos) {
        lastSeenNanos = nowNanos;
        release();
    }

    /** Somebody is about to use the session: until {@link #release} it is not idle. */
    void retain() {
        inside.incrementAndGet();
    }

    void release() {
        inside.decrementAndGet();
    }

    /** The member was heard of. */
    void touch(long nowNanos) {
        lastSeenNanos = nowNanos;
    }

    boolean isIdle() {
        return inside.get() == 0;
    }

    /**
     * Whether it has to leave: it was silent for longer than its session allows, or it keeps for
     * itself what others wait for. Called again and again; that time runs from the first call on
     * that finds it so.
     */
    synchronized boolean checkLate(long nowNanos) {
        boolean silent = isIdle() && nowNanos - lastSeenNanos > sessionTimeoutMs * 1_000_000;
        return leaving == null && incarnation != 0 && (silent || keepsTooLong(nowNanos));
    }

    private boolean keepsTooLong(long nowNanos) {
        if (!revoking) {
            unconfirmedEpoch = NOTHING_SHOWN;
            return false;
        }
        if (unconfirmedEpoch != memberEpoch) {
            unconfirmedEpoch = memberEpoch;
            unconfirmedSinceNanos = nowNanos;
        }
        return nowNanos - unconfirmedSinceNanos > REBALANCE_TIMEOUT_NANOS;
    }

    synchronized void leaveBy(@Nullable CompletableFuture<?> future) {
        leaving = future;
    }

    /** The expiry that is being reported, or null. */
    synchronized @Nullable CompletableFuture<?> leaving() {
        return leaving;
    }

    /** Makes this the member's poll and returns the one before it. */
    synchronized @Nullable Call supersede(Call poll) {
        Call previous = current;
        current = poll;
        return previous;
    }

    synchronized boolean isCurrent(Call poll) {
        return current == poll;
    }

    /** The poll has ended. */
    synchronized void ended(Call poll) {
        if (current == poll) {
            current = null;
        }
    }

    void wake() {
        Call call;
        synchronized (this) {
            call = current;
        }
        if (call != null) {
            call.wake();
        }
    }

    /**
     * Takes over what the coordinator says, unless something newer is known: another incarnation
     * starts from nothing, and what is assigned no more is read no more.
     *
     * @return whether a poll that waits has to look again
     */
    synchronized boolean follow(MemberView member) {
        if (isOlder(member)) {
            return false;
        }
        boolean news =
                member.incarnation() != incarnation
                        || !member.assignment().equals(assignment)
                        || !member.revoking().isEmpty();
        if (member.incarnation() != incarnation) {
            incarnation = member.incarnation();
            owned.clear();
            polled.clear();
            last = null;
            shownEpoch = NOTHING_SHOWN;
            leaving = null;
        }
        sessionTimeoutMs = member.sessionTimeoutMs();
        memberEpoch = member.memberEpoch();
        revoking = !member.revoking().isEmpty();
        assignment = member.assignment();
        owned.keySet().retainAll(assignment);
        polled.retainAll(assignment);
        return news;
    }

    /** Within one epoch an assignment only grows. */
    private boolean isOlder(MemberView member) {
        if (member.incarnation() != incarnation) {
            return member.incarnation() < incarnation;
        }
        return member.memberEpoch() < memberEpoch
                || (member.memberEpoch() == memberEpoch
                        && member.assignment().size() < assignment.size());
    }

    /**
     * The generation under which the member was handed out the record; {@link #NOT_HANDED_OUT}; or
     * {@link #READ_ELSEWHERE} where it did not poll the partition here.
     */
    synchronized long handedOutUnder(TopicPartition name, long offset) {
        if (!polled.contains(name)) {
            return READ_ELSEWHERE;
        }
        Owned one = owned.get(name);
        return one == null || one.position() <= offset ? NOT_HANDED_OUT : one.generation();
    }

    synchronized @Nullable Owned owned(TopicPartition name) {
        return owned.get(name);
    }

    /** What it reads, each time beginning with another one. */
    synchronized List<Owned> inTurn() {
        List<Owned> all = new ArrayList<>(owned.values());
        polled.addAll(owned.keySet());
        Collections.rotate(all, -turn);
        turn = all.isEmpty() ? 0 : (turn + 1) % all.size();
        return all;
    }

    synchronized List<Owned> allOwned() {
        return new ArrayList<>(owned.values());
    }

    /** Reads these from now on, as far as they are still assigned. */
    synchronized void own(Collection<Owned> more) {
        for (Owned one : more) {
            if (assignment.contains(one.name())) {
                owned.put(one.name(), one);
            }
        }
    }

    /** Stops reading these until they are taken again. */
    synchronized void disown(Collection<TopicPartition> names) {
        owned.keySet().removeAll(names);
    }

    /** Stops reading a partition until it is taken again. True if it was read. */
    synchronized boolean disown(OffsetKey key) {
        return owned.values().removeIf(one -> one.key().equals(key));
    }

    /** Notes an answer that is about to leave. */
    synchronized void handOut(HandedOut answer) {
        last = answer;
    }

    synchronized @Nullable HandedOut last() {
        return last;
    }

    /** The answer reached the member. */
    synchronized void received(HandedOut answer) {
        shownEpoch = answer.memberEpoch();
        shownAssignment = answer.assignment();
        if (last == answer) {
            last = null;
        }
    }

    /** The answer did not reach the member: its records are handed out again. */
    synchronized void lost(HandedOut answer) {
        if (last != answer) {
            return;
        }
        last = null;
        for (Range range : answer.ranges()) {
            Owned one = owned.get(range.name());
            if (one != null && one.generation() == range.generation()) {
                one.moveTo(Math.min(one.position(), range.fromOffset()));
            }
        }
    }

    /** The member saw its assignment of this epoch. */
    synchronized boolean saw(long memberEpoch) {
        return shownEpoch == memberEpoch;
    }

    /** The member has to be told before it can wait for records. */
    synchronized boolean mustSee(MemberView member) {
        if (shownEpoch == NOTHING_SHOWN) {
            return !member.revoking().isEmpty();
        }
        return !shownAssignment.equals(member.assignment())
                || (!member.revoking().isEmpty() && shownEpoch != member.memberEpoch());
    }

    /** Starts a partition over from the offset under a new generation of its fence. */
    synchronized void restart(OffsetKey key, long offset, long generation) {
        for (Owned one : owned.values()) {
            if (one.key().equals(key)) {
                one.restart(offset, generation);
            }
        }
    }
}
