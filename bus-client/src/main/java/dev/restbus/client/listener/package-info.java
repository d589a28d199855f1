/** Runs handlers over the records of a group: pace, retries, reconnects. */
@NullMarked
package dev.restbus.client.listener;

import org.jspecify.annotations.NullMarked;
