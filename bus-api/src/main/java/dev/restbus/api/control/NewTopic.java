package dev.restbus.api.control;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A topic to create.
 *
 * @param partitions 1 to 256
 * @param replicationFactor null for the default, min(3, live brokers)
 * @param config checked entries, see {@link TopicConfig#check}
 */
public record NewTopic(
        String name,
        int partitions,
        @Nullable Integer replicationFactor,
        Map<String, String> config) {

    public static final int DEFAULT_PARTITIONS = 3;
    public static final int MAX_PARTITIONS = 256;

    public NewTopic {
        config = Map.copyOf(config);
    }
}
