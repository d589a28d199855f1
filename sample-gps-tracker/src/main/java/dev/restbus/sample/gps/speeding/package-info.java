/** A second, independent reader of the same fixes: it counts those above the speed limit. */
@NullMarked
package dev.restbus.sample.gps.speeding;

import org.jspecify.annotations.NullMarked;
