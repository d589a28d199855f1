package dev.restbus.api.control;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What a broker asks of the coordinator about brokers and topics: a call in the same process when
 * standalone, HTTP in a cluster. Every change is durable in the journal before its future
 * completes, and {@link #metadata()} shows it by then. Futures fail with {@link
 * dev.restbus.api.BusException}; 503 {@code control-plane-frozen} where the journal cannot be
 * written. Thread-safe.
 */
public interface CoordinatorChannel {

    /** The newest image. */
    MetadataImage metadata();

    /**
     * Calls back with the present image and then with each newer one, in order, one at a time, on
     * the coordinator's thread: be quick and do not block.
     *
     * @return closes the watch
     */
    Watch watchMetadata(Consumer<MetadataImage> onChange);

    /** Registers one life of a broker's process and bumps the epoch of every partition it leads. */
    CompletableFuture<BrokerMetadata> registerBroker(int id, String url, UUID incarnation);

    /**
     * Creates the topic, or finds it existing just so. Fails with 409 {@code topic-exists}, 422
     * {@code not-enough-brokers}, {@code invalid-value}, {@code invalid-config}.
     */
    CompletableFuture<Created> createTopic(NewTopic topic);

    /**
     * Fails with 404 {@code unknown-topic}, 422 {@code would-remap-keys}, {@code invalid-value}.
     */
    CompletableFuture<TopicMetadata> changeTopic(String name, TopicChange change);

    /** Fails with 404 {@code unknown-topic}. */
    CompletableFuture<Void> deleteTopic(String name);

    /** Whether a topic of this id existed and was deleted. */
    boolean wasDeleted(UUID topicId);

    /**
     * The topic after a create.
     *
     * @param created false if it was there already
     */
    record Created(TopicMetadata topic, boolean created) {}

    /** A running watch; closing it ends the calls. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
