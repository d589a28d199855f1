/**
 * The HTTP door that broker and coordinator share: every request comes through it, every answer and
 * problem leaves by it.
 */
@NullMarked
package dev.restbus.door;

import org.jspecify.annotations.NullMarked;
