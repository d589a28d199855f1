package dev.restbus.broker.offsets;

import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.replication.Partitions;
import java.util.concurrent.CompletableFuture;

/**
 * Creates the topics that groups need by themselves: the offsets topic and dead-letter topics.
 * Thread-safe.
 */
public final class TopicCreation {

    private final CoordinatorChannel coordinator;
    private final Partitions partitions;

    public TopicCreation(CoordinatorChannel coordinator, Partitions partitions) {
        this.coordinator = coordinator;
        this.partitions = partitions;
    }

    /**
     * The topic, created if it is not there; one that is there is taken as it is. Fails as {@link
     * CoordinatorChannel#createTopic}.
     */
    public CompletableFuture<TopicMetadata> ensure(NewTopic wanted) {
        TopicMetadata present = partitions.topic(wanted.name());
        if (present != null) {
            return CompletableFuture.completedFuture(present);
        }
        return coordinator
                .createTopic(wanted)
                .thenApply(CoordinatorChannel.Created::topic)
                .exceptionallyCompose(failure -> raceWinner(wanted.name(), failure));
    }

    /** Somebody else may have created it at the same time, in another shape. */
    private CompletableFuture<TopicMetadata> raceWinner(String name, Throwable failure) {
        TopicMetadata winner = partitions.topic(name);
        return winner != null
                ? CompletableFuture.completedFuture(winner)
                : CompletableFuture.failedFuture(Futures.cause(failure));
    }
}
