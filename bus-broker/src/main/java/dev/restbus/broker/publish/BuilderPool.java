package dev.restbus.broker.publish;

import dev.restbus.api.batch.BatchBuilder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Batch buffers that wait for their next request. Keeps a bounded number of them, none of them
 * large; makes new ones beyond. Thread-safe.
 */
final class BuilderPool {

    private static final int INITIAL_BYTES = 1 << 10;
    private static final int MAX_KEPT_BYTES = 1 << 20;
    private static final int MAX_KEPT = 64;

    private final BlockingQueue<BatchBuilder> free = new ArrayBlockingQueue<>(MAX_KEPT);

    BatchBuilder take() {
        BatchBuilder builder = free.poll();
        return builder == null ? new BatchBuilder(INITIAL_BYTES) : builder;
    }

    void give(BatchBuilder builder) {
        if (builder.bytes().length <= MAX_KEPT_BYTES) {
            free.offer(builder);
        }
    }
}
