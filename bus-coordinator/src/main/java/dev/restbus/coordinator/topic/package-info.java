/** The topic catalogue and where partitions are placed. */
@NullMarked
package dev.restbus.coordinator.topic;

import org.jspecify.annotations.NullMarked;
