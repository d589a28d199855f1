package dev.restbus.coordinator.cluster;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.topic.TopicCatalogue;
import dev.restbus.coordinator.topic.TopicEvent.PartitionsChanged;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Decides what the registration of a broker changes. Pure. */
public final class BrokerDecider {

    private BrokerDecider() {}

    /**
     * Registers one life of a broker's process. Every partition it leads gets a new leader epoch,
     * because the new life does not know what the old one had under way. The same life again
     * changes nothing, so a lost answer can be asked for again.
     */
    public static List<Event> register(
            Brokers brokers, TopicCatalogue topics, int id, String url, UUID incarnation) {
        if (id < 1) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/id", "a broker id is 1 or more, not " + id);
        }
        BrokerMetadata present = brokers.broker(id);
        if (present != null
                && present.incarnation().equals(incarnation)
                && present.url().equals(url)) {
            return List.of();
        }
        long epoch = present == null ? 1 : present.epoch() + 1;
        List<Event> events = new ArrayList<>();
        events.add(new BrokerRegistered(new BrokerMetadata(id, url, incarnation, epoch)));
        for (TopicMetadata topic : topics.topics().values()) {
            List<PartitionMetadata> led = ledUnderNewEpoch(topic, id);
            if (!led.isEmpty()) {
                events.add(new PartitionsChanged(topic.name(), led));
            }
        }
        return events;
    }

    private static List<PartitionMetadata> ledUnderNewEpoch(TopicMetadata topic, int broker) {
        List<PartitionMetadata> led = new ArrayList<>();
        for (PartitionMetadata partition : topic.partitions()) {
            if (partition.leader() == broker) {
                led.add(
                        new PartitionMetadata(
                                partition.partition(),
                                broker,
                                partition.leaderEpoch() + 1,
                                partition.partitionEpoch() + 1,
                                partition.replicas(),
                                partition.isr()));
            }
        }
        return led;
    }
}
