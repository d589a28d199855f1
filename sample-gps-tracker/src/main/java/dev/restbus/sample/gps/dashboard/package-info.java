/** The map: a reader of fixes that is slower than the fleet, and what it has seen so far. */
@NullMarked
package dev.restbus.sample.gps.dashboard;

import org.jspecify.annotations.NullMarked;
