/** The ports through which a broker talks to the coordinator, and the views they exchange. */
@NullMarked
package dev.restbus.api.control;

import org.jspecify.annotations.NullMarked;
