/** JSON as the bus accepts it: strict, bounded, and with every refusal a problem that points. */
@NullMarked
package dev.restbus.door.json;

import org.jspecify.annotations.NullMarked;
