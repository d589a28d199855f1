/** Cabs that drive on made-up roads and report every ten seconds. */
@NullMarked
package dev.restbus.sample.gps.fleet;

import org.jspecify.annotations.NullMarked;
