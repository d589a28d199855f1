package dev.restbus.broker.membership;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.broker.replication.Partitions;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One life of this broker's process: registered with the coordinator before anything is led, so
 * that every partition is led in an epoch of this life. Thread-safe.
 */
public final class Membership implements AutoCloseable {

    private static final long REGISTER_TIMEOUT_S = 30;

    private final BrokerMetadata self;
    private final CoordinatorChannel.Watch watch;

    private Membership(BrokerMetadata self, CoordinatorChannel.Watch watch) {
        this.self = self;
        this.watch = watch;
    }

    /**
     * Registers, follows the metadata from then on, and puts the data folder in line with it.
     *
     * @param url where clients and peers reach this broker
     * @throws IllegalStateException if the coordinator does not answer
     */
    public static Membership join(
            CoordinatorChannel coordinator, int brokerId, String url, Partitions partitions) {
        BrokerMetadata self = register(coordinator, brokerId, url);
        // Before the watch, whose first call comes on another thread: folders of topics that are
        // not known yet must not be taken for orphans.
        partitions.apply(coordinator.metadata());
        partitions.reconcile(coordinator::wasDeleted);
        CoordinatorChannel.Watch watch = coordinator.watchMetadata(partitions::apply);
        return new Membership(self, watch);
    }

    public BrokerMetadata self() {
        return self;
    }

    /** Follows no further. */
    @Override
    public void close() {
        watch.close();
    }

    private static BrokerMetadata register(
            CoordinatorChannel coordinator, int brokerId, String url) {
        try {
            return coordinator
                    .registerBroker(brokerId, url, UUID.randomUUID())
                    .get(REGISTER_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while registering", e);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the coordinator did not register this broker", e);
        }
    }
}
