/**
 * Committed offsets, fences and retry state of consumer groups, kept in the internal topic {@code
 * __consumer_offsets}.
 */
@NullMarked
package dev.restbus.broker.offsets;

import org.jspecify.annotations.NullMarked;
