/** Reads by offset, with long polls that hold no thread. */
@NullMarked
package dev.restbus.broker.fetch;

import org.jspecify.annotations.NullMarked;
