package dev.restbus.broker.group;

import dev.restbus.api.control.GroupChannel;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.replication.Partitions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * What the home broker's half of groups works with. Owned by whoever makes it.
 *
 * @param workers continue calls that had to wait, so that neither the disk's nor the coordinator's
 *     thread does; bounded
 */
public record GroupServices(
        GroupChannel channel,
        OffsetStore offsets,
        Partitions partitions,
        GroupClock clock,
        Executor workers) {

    /** The same result; what follows a wait runs on a worker and not on the thread that ends it. */
    <T> CompletableFuture<T> hop(CompletableFuture<T> future) {
        return future.isDone() ? future : future.thenApplyAsync(value -> value, workers);
    }
}
