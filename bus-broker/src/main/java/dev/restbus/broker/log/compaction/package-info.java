/** What compaction needs to know of keys and batches; the log itself decides when and where. */
@NullMarked
package dev.restbus.broker.log.compaction;

import org.jspecify.annotations.NullMarked;
