package dev.restbus.coordinator.cluster;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import java.util.List;
import java.util.UUID;

/** Decides what the registration of a broker changes. Pure. */
public final class BrokerDecider {

    private BrokerDecider() {}

    /**
     * Registers one life of a broker's process. Every partition it leads gets a new leader epoch,
     * because the new life does not know what the old one had under way; that follows from the
     * event, which is as small for ten thousand topics as for one. The same life again changes
     * nothing, so a lost answer can be asked for again.
     */
    public static List<ClusterEvent> register(
            Brokers brokers, int id, String url, UUID incarnation) {
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
        return List.of(new BrokerRegistered(new BrokerMetadata(id, url, incarnation, epoch)));
    }
}
