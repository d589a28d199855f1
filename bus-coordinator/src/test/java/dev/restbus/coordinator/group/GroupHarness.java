package dev.restbus.coordinator.group;

import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Drives the groups as the coordinator does, without a journal, and keeps every event. */
final class GroupHarness {

    static final String GROUP = "g";

    final Groups groups = new Groups();
    final List<GroupEvent> events = new ArrayList<>();
    final Map<String, Integer> topics = new TreeMap<>();
    private long nowMs = 1_000;

    GroupView join(String member, String... subscription) {
        return join(new JoinGroup(GROUP, member, List.of(subscription), null, null, 45_000));
    }

    GroupView joinStatic(String member, String instance, String... subscription) {
        return join(new JoinGroup(GROUP, member, List.of(subscription), instance, null, 45_000));
    }

    GroupView joinWith(String assignor, String member, String... subscription) {
        return join(new JoinGroup(GROUP, member, List.of(subscription), null, assignor, 45_000));
    }

    GroupView join(JoinGroup request) {
        return applied(GroupDecider.join(groups, request, topics, nowMs++));
    }

    GroupView confirm(String member, long epoch) {
        return applied(GroupDecider.confirm(groups, GROUP, member, epoch));
    }

    /** The member confirms the newest epoch. */
    GroupView confirm(String member) {
        return confirm(member, member(member).memberEpoch());
    }

    GroupView leave(String member) {
        return leave(member, member(member).incarnation(), LeaveCause.LEFT);
    }

    GroupView leave(String member, long incarnation, LeaveCause cause) {
        return applied(
                GroupDecider.leave(
                        groups,
                        new MemberLeft(GROUP, member, cause),
                        incarnation,
                        topics,
                        nowMs++));
    }

    GroupView topic(String topic, int partitions) {
        topics.put(topic, partitions);
        return applied(GroupDecider.topicChanged(groups, topic, topic + " grew", topics, nowMs++));
    }

    GroupView deleteTopic(String topic) {
        topics.remove(topic);
        return applied(GroupDecider.topicChanged(groups, topic, topic + " went", topics, nowMs++));
    }

    GroupView applied(List<GroupEvent> decided) {
        decided.forEach(groups::apply);
        events.addAll(decided);
        return view();
    }

    GroupView view() {
        return groups.view(GROUP);
    }

    MemberView member(String member) {
        return Objects.requireNonNull(view().member(member), member);
    }

    /** What the member has, as {@code t-0 t-1}. */
    String has(String member) {
        return text(member(member).assignment());
    }

    String loses(String member) {
        return text(member(member).revoking());
    }

    private static String text(List<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::toString).collect(Collectors.joining(" "));
    }
}
