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

    /** The member's session, a new one if there was none. */
    MemberSession open(String group, String memberId) {
        return sessions.computeIfAbsent(group, name -> new ConcurrentHashMap<>())
                .computeIfAbsent(
                        memberId,
                        id ->
                                new MemberSession(
                                        group,
                                        id,
                                        JoinGroup.DEFAULT_SESSION_TIMEOUT_MS,
                                        clock.nanos()));
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
            MemberSession session = open(view.group(), member.memberId());
            if (session.follow(member)) {
                session.wake();
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
            sessions.forEach(
                    (group, members) -> {
                        members.values().forEach(session -> look(members, session, now));
                        sessions.computeIfPresent(
                                group, (name, left) -> left.isEmpty() ? null : left);
                    });
        } finally {
            clock.schedule(clock.nanos() + TICK_NANOS, this::tick);
        }
    }

    private void look(Map<String, MemberSession> members, MemberSession session, long now) {
        if (session.isLate(now)) {
            expire(session);
            return;
        }
        boolean unknown = session.incarnation() == 0 || !isMember(session);
        if (unknown && session.isIdle()) {
            members.remove(session.memberId(), session);
        }
    }

    private boolean isMember(MemberSession session) {
        GroupView view = channel.group(session.group());
        return view != null && view.member(session.memberId()) != null;
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
