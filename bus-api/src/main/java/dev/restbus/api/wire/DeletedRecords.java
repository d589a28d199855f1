package dev.restbus.api.wire;

/**
 * What is left of a partition after records were deleted from its front.
 *
 * @param logStartOffset the lowest offset that can be read now
 */
public record DeletedRecords(int partition, long logStartOffset) {}
