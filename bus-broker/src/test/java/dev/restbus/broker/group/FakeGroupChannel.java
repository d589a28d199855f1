package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.GroupView.Rebalance;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator of groups for tests: partitions dealt round robin to the members by name, handed
 * over cooperatively. It keeps the promises of {@link GroupChannel} and outlives restarts of the
 * broker.
 */
final class FakeGroupChannel implements GroupChannel {

    private static final class Member {
        final JoinGroup join;
        final long incarnation;
        long epoch;
        SortedSet<TopicPartition> target = new TreeSet<>();
        SortedSet<TopicPartition> assignment = new TreeSet<>();
        SortedSet<TopicPartition> revoking = new TreeSet<>();

        Member(JoinGroup join, long incarnation) {
            this.join = join;
            this.incarnation = incarnation;
        }

        MemberView view() {
            return new MemberView(
                    join.memberId(),
                    join.instanceId(),
                    join.topics(),
                    join.sessionTimeoutMs(),
                    incarnation,
                    epoch,
                    List.copyOf(assignment),
                    List.copyOf(revoking));
        }
    }

    private static final class Group {
        long epoch;
        long changedMs;
        RetryPolicy retry = RetryPolicy.DEFAULT;
        final TreeMap<String, Member> members = new TreeMap<>();
    }

    private final Function<String, Integer> partitionsOf;
    private final LongSupplier nowMs;
    private final TreeMap<String, Group> groups = new TreeMap<>();
    private final List<Consumer<GroupView>> watchers = new CopyOnWriteArrayList<>();
    private final List<String> expired = new CopyOnWriteArrayList<>();

    /** Of wall-clock time in epoch milliseconds. */
    FakeGroupChannel(Function<String, Integer> partitionsOf, LongSupplier nowMs) {
        this.partitionsOf = partitionsOf;
        this.nowMs = nowMs;
    }

    /** Members reported as expired, in order. */
    List<String> expired() {
        return expired;
    }

    /** What the coordinator does once a topic was created. */
    synchronized void topicsChanged() {
        groups.keySet().forEach(this::rebalance);
    }

    @Override
    public synchronized CompletableFuture<GroupView> join(JoinGroup request) {
        Group group = groups.computeIfAbsent(request.group(), name -> new Group());
        Member present = group.members.get(request.memberId());
        if (present != null && present.join.topics().equals(request.topics())) {
            return CompletableFuture.completedFuture(view(request.group()));
        }
        Member member =
                new Member(request, present == null ? group.epoch + 1 : present.incarnation);
        if (present != null) {
            member.assignment = present.assignment;
            member.revoking = present.revoking;
        }
        group.members.put(request.memberId(), member);
        return CompletableFuture.completedFuture(rebalance(request.group()));
    }

    @Override
    public synchronized CompletableFuture<GroupView> confirm(
            String groupName, String memberId, long memberEpoch) {
        Group group = groups.get(groupName);
        Member member = group == null ? null : group.members.get(memberId);
        if (group == null || member == null) {
            return CompletableFuture.failedFuture(ProblemCode.UNKNOWN_MEMBER.exception(memberId));
        }
        if (member.epoch == memberEpoch && !member.revoking.isEmpty()) {
            member.revoking.clear();
            grantFree(group);
            tell(groupName);
        }
        return CompletableFuture.completedFuture(view(groupName));
    }

    @Override
    public synchronized CompletableFuture<GroupView> leave(
            String groupName, String memberId, long incarnation, LeaveCause cause) {
        Group group = Objects.requireNonNull(groups.get(groupName));
        Member member = group.members.get(memberId);
        if (member == null || member.incarnation != incarnation) {
            return CompletableFuture.completedFuture(view(groupName));
        }
        if (cause == LeaveCause.EXPIRED) {
            expired.add(memberId);
        }
        group.members.remove(memberId);
        return CompletableFuture.completedFuture(rebalance(groupName));
    }

    @Override
    public synchronized @Nullable GroupView group(String group) {
        return groups.containsKey(group) ? view(group) : null;
    }

    @Override
    public synchronized List<GroupView> groups() {
        return groups.keySet().stream().map(this::view).toList();
    }

    @Override
    public synchronized CompletableFuture<GroupView> configure(String group, RetryPolicy retry) {
        groups.computeIfAbsent(group, name -> new Group()).retry = retry;
        tell(group);
        return CompletableFuture.completedFuture(view(group));
    }

    @Override
    public synchronized CompletableFuture<Void> deleteGroup(String name) {
        Group group = groups.get(name);
        if (group == null) {
            return CompletableFuture.failedFuture(ProblemCode.UNKNOWN_GROUP.exception(name));
        }
        if (!group.members.isEmpty()) {
            return CompletableFuture.failedFuture(ProblemCode.GROUP_NOT_EMPTY.exception(name));
        }
        groups.remove(name);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CoordinatorChannel.Watch watchGroups(Consumer<GroupView> onChange) {
        watchers.add(onChange);
        return () -> watchers.remove(onChange);
    }

    private GroupView rebalance(String groupName) {
        Group group = Objects.requireNonNull(groups.get(groupName));
        group.epoch++;
        group.changedMs = nowMs.getAsLong();
        Map<String, SortedSet<TopicPartition>> targets = targets(group);
        group.members.forEach(
                (id, member) -> {
                    member.epoch = group.epoch;
                    member.target = Objects.requireNonNull(targets.get(id));
                    TreeSet<TopicPartition> lost = new TreeSet<>(member.assignment);
                    lost.addAll(member.revoking);
                    TreeSet<TopicPartition> kept = new TreeSet<>(lost);
                    kept.retainAll(member.target);
                    lost.removeAll(member.target);
                    member.assignment = kept;
                    member.revoking = lost;
                });
        grantFree(group);
        tell(groupName);
        return view(groupName);
    }

    private Map<String, SortedSet<TopicPartition>> targets(Group group) {
        Map<String, SortedSet<TopicPartition>> targets = new TreeMap<>();
        TreeSet<String> topics = new TreeSet<>();
        group.members.forEach(
                (id, member) -> {
                    targets.put(id, new TreeSet<>());
                    topics.addAll(member.join.topics());
                });
        List<String> ids = new ArrayList<>(group.members.keySet());
        int turn = 0;
        for (String topic : topics) {
            for (int p = 0; p < partitionsOf.apply(topic); p++) {
                String id = ids.get(turn++ % ids.size());
                Objects.requireNonNull(targets.get(id)).add(new TopicPartition(topic, p));
            }
        }
        return targets;
    }

    private static void grantFree(Group group) {
        TreeSet<TopicPartition> held = new TreeSet<>();
        for (Member member : group.members.values()) {
            held.addAll(member.assignment);
            held.addAll(member.revoking);
        }
        for (Member member : group.members.values()) {
            TreeSet<TopicPartition> free = new TreeSet<>(member.target);
            free.removeAll(held);
            member.assignment.addAll(free);
        }
    }

    private void tell(String group) {
        GroupView view = view(group);
        watchers.forEach(watcher -> watcher.accept(view));
    }

    private GroupView view(String name) {
        Group group = Objects.requireNonNull(groups.get(name));
        boolean settled =
                group.members.values().stream()
                        .allMatch(
                                member ->
                                        member.revoking.isEmpty()
                                                && member.assignment.equals(member.target));
        return new GroupView(
                name,
                group.epoch,
                settled,
                JoinGroup.DEFAULT_ASSIGNOR,
                group.retry,
                group.members.values().stream().map(Member::view).toList(),
                group.epoch == 0
                        ? List.of()
                        : List.of(new Rebalance(group.epoch, group.changedMs, "a change")),
                false);
    }
}
