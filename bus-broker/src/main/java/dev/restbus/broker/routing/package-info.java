/** Which partition a record goes to. */
@NullMarked
package dev.restbus.broker.routing;

import org.jspecify.annotations.NullMarked;
