/** A position report, the topic it goes to, and how it gets there. */
@NullMarked
package dev.restbus.sample.gps.fix;

import org.jspecify.annotations.NullMarked;
