package dev.restbus.coordinator.cluster;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.coordinator.journal.Event;

/** What has become of a broker. */
public sealed interface ClusterEvent extends Event {

    /**
     * A new life of a broker's process, with its new epoch. Every partition that it leads has a new
     * leader epoch from here on.
     */
    record BrokerRegistered(BrokerMetadata broker) implements ClusterEvent {}
}
