/** Imports orders from a file of invoice lines. */
@NullMarked
package dev.restbus.sample.ecommerce.invoice;

import org.jspecify.annotations.NullMarked;
