package dev.restbus.api.wire;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code PUT /v1/topics/{topic}}; whatever is absent takes its default.
 *
 * @param config Kafka's key names; values may be strings, numbers or booleans
 */
public record PutTopic(
        @Nullable Integer partitions,
        @Nullable Integer replicationFactor,
        @Nullable Map<String, @Nullable Object> config) {}
