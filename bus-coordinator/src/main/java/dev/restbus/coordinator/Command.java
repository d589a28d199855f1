package dev.restbus.coordinator;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.CoordinatorChannel.Created;
import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.cluster.BrokerDecider;
import dev.restbus.coordinator.group.GroupDecider;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.topic.TopicDecider;
import dev.restbus.coordinator.topic.TopicEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something asked of the coordinator. Whatever is random in it was drawn by the caller, so that
 * {@link #decide} is a pure function.
 *
 * @param <A> the answer
 */
sealed interface Command<A> {

    /**
     * Decides without changing anything.
     *
     * @param nowMs wall clock, epoch milliseconds
     * @throws dev.restbus.api.BusException if the command is refused
     */
    Decision<A> decide(CoordinatorState state, long nowMs);

    record RegisterBroker(int id, String url, UUID incarnation) implements Command<BrokerMetadata> {
        @Override
        public Decision<BrokerMetadata> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(
                    BrokerDecider.register(state.brokers(), id, url, incarnation),
                    after -> Objects.requireNonNull(after.brokers().broker(id)));
        }
    }

    /**
     * @param id the topic's id, should it be created
     */
    record CreateTopic(NewTopic topic, UUID id) implements Command<Created> {
        @Override
        public Decision<Created> decide(CoordinatorState state, long nowMs) {
            List<TopicEvent> events =
                    TopicDecider.create(
                            state.topics(), state.brokers().liveIds(), topic, id, nowMs);
            String cause = "topic " + topic.name() + " was created";
            return new Decision<>(
                    withRebalances(state, events, topic.name(), topic.partitions(), cause, nowMs),
                    after -> new Created(topicOf(after, topic.name()), !events.isEmpty()));
        }
    }

    record ChangeTopic(String name, TopicChange change) implements Command<TopicMetadata> {
        @Override
        public Decision<TopicMetadata> decide(CoordinatorState state, long nowMs) {
            List<TopicEvent> events =
                    TopicDecider.change(state.topics(), state.brokers().liveIds(), name, change);
            Integer count = change.partitions();
            boolean extended = count != null && count != topicOf(state, name).partitionCount();
            String cause = "topic " + name + " has " + count + " partitions now";
            return new Decision<>(
                    extended ? withRebalances(state, events, name, count, cause, nowMs) : events,
                    after -> topicOf(after, name));
        }
    }

    record DeleteTopic(String name) implements Command<@Nullable Void> {
        @Override
        public Decision<@Nullable Void> decide(CoordinatorState state, long nowMs) {
            List<TopicEvent> events = TopicDecider.delete(state.topics(), name);
            String cause = "topic " + name + " was deleted";
            return new Decision<>(
                    withRebalances(state, events, name, null, cause, nowMs), after -> null);
        }
    }

    record Join(JoinGroup request) implements Command<GroupView> {
        @Override
        public Decision<GroupView> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(
                    GroupDecider.join(
                            state.groups(), request, state.topics().partitionCounts(), nowMs),
                    after -> after.groups().view(request.group()));
        }
    }

    record Confirm(String group, String memberId, long memberEpoch) implements Command<GroupView> {
        @Override
        public Decision<GroupView> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(
                    GroupDecider.confirm(state.groups(), group, memberId, memberEpoch),
                    after -> after.groups().view(group));
        }
    }

    record Leave(String group, String memberId, long incarnation, LeaveCause cause)
            implements Command<GroupView> {
        @Override
        public Decision<GroupView> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(
                    GroupDecider.leave(
                            state.groups(),
                            new MemberLeft(group, memberId, cause),
                            incarnation,
                            state.topics().partitionCounts(),
                            nowMs),
                    after -> after.groups().view(group));
        }
    }

    record Configure(String group, RetryPolicy retry) implements Command<GroupView> {
        @Override
        public Decision<GroupView> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(
                    GroupDecider.configure(state.groups(), group, retry),
                    after -> after.groups().view(group));
        }
    }

    record DeleteGroup(String group) implements Command<@Nullable Void> {
        @Override
        public Decision<@Nullable Void> decide(CoordinatorState state, long nowMs) {
            return new Decision<>(GroupDecider.delete(state.groups(), group), after -> null);
        }
    }

    /** A change of a topic's partitions and what follows from it for its groups, in one append. */
    private static List<Event> withRebalances(
            CoordinatorState state,
            List<TopicEvent> changes,
            String topic,
            @Nullable Integer partitions,
            String cause,
            long nowMs) {
        List<Event> events = new ArrayList<>(changes);
        if (!changes.isEmpty() && GroupDecider.concernsAny(state.groups(), topic)) {
            Map<String, Integer> counts = state.topics().partitionCounts();
            if (partitions == null) {
                counts.remove(topic);
            } else {
                counts.put(topic, partitions);
            }
            events.addAll(GroupDecider.topicChanged(state.groups(), topic, cause, counts, nowMs));
        }
        return events;
    }

    private static TopicMetadata topicOf(CoordinatorState state, String name) {
        return Objects.requireNonNull(state.topics().topic(name));
    }
}
