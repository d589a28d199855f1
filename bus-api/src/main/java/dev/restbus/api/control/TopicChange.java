package dev.restbus.api.control;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A change of a topic.
 *
 * @param partitions the new, larger number, or null to keep it
 * @param acceptKeyRemap the caller knows that keys may move to other partitions
 * @param config checked entries to set; a null value removes the entry
 */
public record TopicChange(
        @Nullable Integer partitions,
        boolean acceptKeyRemap,
        Map<String, @Nullable String> config) {}
