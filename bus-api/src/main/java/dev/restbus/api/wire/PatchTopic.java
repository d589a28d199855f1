package dev.restbus.api.wire;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code PATCH /v1/topics/{topic}}; whatever is absent stays as it is.
 *
 * @param partitions the new number, not less than before
 * @param acceptKeyRemap says that keys may move to other partitions
 * @param config entries to set; null puts one back to its default
 */
public record PatchTopic(
        @Nullable Integer partitions,
        @Nullable Boolean acceptKeyRemap,
        @Nullable Map<String, @Nullable Object> config) {}
