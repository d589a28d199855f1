/** Consumer groups: members, epochs and who may read which partition. */
@NullMarked
package dev.restbus.coordinator.group;

import org.jspecify.annotations.NullMarked;
