package dev.restbus.broker.offsets;

import java.util.UUID;

/**
 * What a group keeps its place in.
 *
 * @param topicId a topic deleted and created again is another one
 */
public record OffsetKey(String group, UUID topicId, int partition) {}
