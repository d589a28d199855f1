/**
 * The public HTTP API of a broker: it reads requests, calls one capability, and writes the answer.
 */
@NullMarked
package dev.restbus.broker.http;

import org.jspecify.annotations.NullMarked;
