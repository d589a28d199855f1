/** The brokers and what their registration changes. */
@NullMarked
package dev.restbus.coordinator.cluster;

import org.jspecify.annotations.NullMarked;
