/** Orders: taken over REST, answered once the bus has them. */
@NullMarked
package dev.restbus.sample.ecommerce.order;

import org.jspecify.annotations.NullMarked;
