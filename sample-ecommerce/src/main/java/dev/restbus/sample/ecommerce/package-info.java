/** A shop that publishes its orders and notices; where the parts are put together. */
@NullMarked
package dev.restbus.sample.ecommerce;

import org.jspecify.annotations.NullMarked;
