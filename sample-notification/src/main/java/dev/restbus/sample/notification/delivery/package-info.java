/** Delivers notifications at an even pace, each once. */
@NullMarked
package dev.restbus.sample.notification.delivery;

import org.jspecify.annotations.NullMarked;
