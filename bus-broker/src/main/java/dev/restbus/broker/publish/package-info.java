/** Produce: from records to batches, one a partition, and from appended batches to an answer. */
@NullMarked
package dev.restbus.broker.publish;

import org.jspecify.annotations.NullMarked;
