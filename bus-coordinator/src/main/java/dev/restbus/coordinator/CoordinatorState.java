package dev.restbus.coordinator;

import dev.restbus.coordinator.cluster.Brokers;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import dev.restbus.coordinator.group.GroupEvent;
import dev.restbus.coordinator.group.Groups;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.topic.TopicCatalogue;
import dev.restbus.coordinator.topic.TopicEvent;

/** All that the journal tells; {@link #apply} is the only mutator. Not thread-safe. */
final class CoordinatorState {

    private final Brokers brokers = new Brokers();
    private final TopicCatalogue topics = new TopicCatalogue();
    private final Groups groups = new Groups();

    Brokers brokers() {
        return brokers;
    }

    TopicCatalogue topics() {
        return topics;
    }

    Groups groups() {
        return groups;
    }

    void apply(Event event) {
        if (event instanceof GroupEvent groupEvent) {
            groups.apply(groupEvent);
        } else if (event instanceof TopicEvent topicEvent) {
            topics.apply(topicEvent);
        } else if (event instanceof BrokerRegistered registered) {
            brokers.apply(registered);
            topics.leadAnew(registered.broker().id());
        } else {
            throw new IllegalArgumentException("not an event of the coordinator: " + event);
        }
    }
}
