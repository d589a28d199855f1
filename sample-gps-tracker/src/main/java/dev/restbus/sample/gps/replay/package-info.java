/** Recorded tracks from a CSV file, sent again as fixes. */
@NullMarked
package dev.restbus.sample.gps.replay;

import org.jspecify.annotations.NullMarked;
