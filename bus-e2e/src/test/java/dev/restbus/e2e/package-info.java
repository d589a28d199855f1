/** The product as its users meet it: real processes, a real browser, and the rules of the house. */
@NullMarked
package dev.restbus.e2e;

import org.jspecify.annotations.NullMarked;
