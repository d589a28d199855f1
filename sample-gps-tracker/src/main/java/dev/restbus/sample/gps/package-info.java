/** A fleet of cabs that report where they are, and those who look at it at their own pace. */
@NullMarked
package dev.restbus.sample.gps;

import org.jspecify.annotations.NullMarked;
