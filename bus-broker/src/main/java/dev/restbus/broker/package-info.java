/** The broker: its one configuration record and its one composition root. */
@NullMarked
package dev.restbus.broker;

import org.jspecify.annotations.NullMarked;
