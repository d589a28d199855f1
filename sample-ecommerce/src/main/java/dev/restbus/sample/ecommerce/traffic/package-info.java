/** Three businesses that publish notices, each at a pace of its own. */
@NullMarked
package dev.restbus.sample.ecommerce.traffic;

import org.jspecify.annotations.NullMarked;
