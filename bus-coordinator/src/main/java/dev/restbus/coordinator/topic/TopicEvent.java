package dev.restbus.coordinator.topic;

import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.journal.Event;
import java.util.List;
import java.util.Map;

/** What has become of a topic. */
public sealed interface TopicEvent extends Event {

    /** The topic's name. */
    String name();

    /** A topic came to be, with its whole first state. */
    record TopicCreated(TopicMetadata topic) implements TopicEvent {
        @Override
        public String name() {
            return topic.name();
        }
    }

    /**
     * A topic got more partitions or another configuration.
     *
     * @param added the new partitions, numbered from the old count on
     * @param config the whole configuration from now on
     */
    record TopicChanged(String name, List<PartitionMetadata> added, Map<String, String> config)
            implements TopicEvent {

        public TopicChanged {
            added = List.copyOf(added);
            config = Map.copyOf(config);
        }
    }

    /**
     * Leaders, epochs or replicas of some partitions changed.
     *
     * @param partitions the new state of just these
     */
    record PartitionsChanged(String name, List<PartitionMetadata> partitions)
            implements TopicEvent {

        public PartitionsChanged {
            partitions = List.copyOf(partitions);
        }
    }

    /** The topic is gone, and its id with it. */
    record TopicDeleted(String name) implements TopicEvent {}
}
