/**
 * Leadership of partitions: appends in order, the high watermark, and everything that waits on it.
 */
@NullMarked
package dev.restbus.broker.replication;

import org.jspecify.annotations.NullMarked;
