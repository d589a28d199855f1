/** The assignors: pure functions from subscriptions to targets. */
@NullMarked
package dev.restbus.coordinator.assign;

import org.jspecify.annotations.NullMarked;
