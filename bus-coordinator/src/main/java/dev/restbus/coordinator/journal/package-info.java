/** The port to the journal, and what every event in it has in common. */
@NullMarked
package dev.restbus.coordinator.journal;

import org.jspecify.annotations.NullMarked;
