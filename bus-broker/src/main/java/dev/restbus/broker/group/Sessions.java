package dev.restbus.broker.group;

import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of all members whose home is this broker. A member that the coordinator knows has
 * one from the start of the broker, so that after a restart everyone gets one whole session before
 * it may expire. Thread-safe.
 */
final class Sessions implements AutoCloseable {

    private static final long TICK_NANOS = 200_000_000;

    private final GroupChannel channel;
    private final GroupClock clock;

    /** By group, then member. */
    private final Map<String, Map<String, MemberSession>> sessions = new ConcurrentHashMap<>();

    private CoordinatorChannel.@Nullable Watch watch;
    private volatile boolean closed;

    Sessions(GroupChannel channel, GroupClock clock) {
        this.channel = channel;
        this.clock = clock;
    }

    /** Follows the coordinator. */
    void start(Consumer<GroupView> alsoTell) {
        watch =
                channel.watchGroups(
                        view -> {
                            follow(view);
                            alsoTell.accept(view);
                        });
        for (GroupView view : channel.groups()) {
            follow(view);
        }
    }

    /** Every session runs from now; from now on silent members expire. */
    void run() {
        long now = clock.nanos();
        sessions.values().forEach(group -> group.values().forEach(one -> one.touch(now)));
        clock.schedule(clock.nanos() + TICK_NANOS, this::tick);
    }

    /**
     * Runs a call of a member in its session, a new one if there was none: while it is here the
     * member is not silent.
     */
    <T> CompletableFuture<T> inside(
            String group, String memberId, Function<MemberSession, CompletableFuture<T>> call) {
        MemberSession session = retain(group, memberId);
        session.touch(clock.nanos());
        CompletableFuture<T> answer;
        try {
            answer = call.apply(session);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.whenComplete((done, failure) -> session.exit(clock.nanos()));
    }

    /**
     * The member's session, a new one if there was none; retained, before the tick could take it
     * for one that nobody needs.
     */
    private MemberSession retain(String group, String memberId) {
        MemberSession[] retained = new MemberSession[1];
        sessions.compute(
                group,
                (name, present) -> {
                    Map<String, MemberSession> members =
                            present == null ? new ConcurrentHashMap<>() : present;
                    retained[0] = members.computeIfAbsent(memberId, id -> fresh(group, id));
                    retained[0].retain();
                    return members;
                });
        return retained[0];
    }

    private MemberSession fresh(String group, String memberId) {
        return new MemberSession(
                group, memberId, JoinGroup.DEFAULT_SESSION_TIMEOUT_MS, clock.nanos());
    }

    /** The member's session, or null. */
    @Nullable MemberSession find(String group, String memberId) {
        return sessions.getOrDefault(group, Map.of()).get(memberId);
    }

    Collection<MemberSession> ofGroup(String group) {
        return sessions.getOrDefault(group, Map.of()).values();
    }

    boolean isClosed() {
        return closed;
    }

    /** Answers every parked poll, empty. */
    @Override
    public void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
        sessions.values().forEach(group -> group.values().forEach(MemberSession::wake));
    }

    private void follow(GroupView view) {
        for (MemberView member : view.members()) {
            MemberSession session = retain(view.group(), member.memberId());
            try {
                if (session.follow(member)) {
                    session.wake();
                }
            } finally {
                session.release();
            }
        }
        for (MemberSession session : ofGroup(view.group())) {
            if (session.incarnation() != 0 && view.member(session.memberId()) == null) {
                session.wake();
            }
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        try {
            long now = clock.nanos();
            for (String group : sessions.keySet()) {
                for (MemberSession session : ofGroup(group)) {
                    if (session.checkLate(now)) {
                        expire(session);
                    }
                }
                forgetStrangers(group);
            }
        } finally {
            clock.schedule(clock.nanos() + TICK_NANOS, this::tick);
        }
    }

    /** Sessions without a call inside whose member left, or never joined. */
    private void forgetStrangers(String group) {
        sessions.computeIfPresent(
                group,
                (name, members) -> {
                    GroupView view = channel.group(group);
                    members.values()
                            .removeIf(session -> session.isIdle() && isStranger(session, view));
                    return members.isEmpty() ? null : members;
                });
    }

    private static boolean isStranger(MemberSession session, @Nullable GroupView view) {
        return session.incarnation() == 0
                || view == null
                || view.member(session.memberId()) == null;
    }

    private void expire(MemberSession session) {
        CompletableFuture<GroupView> left =
                channel.leave(
                        session.group(),
                        session.memberId(),
                        session.incarnation(),
                        GroupChannel.LeaveCause.EXPIRED);
        session.leaveBy(left);
        // Where it could not be reported, the next tick tries again.
        left.whenComplete((view, failure) -> session.leaveBy(null));
    }
}
