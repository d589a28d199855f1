/**
 * The control plane: commands are decided, made durable in the journal, applied and answered, one
 * at a time.
 */
@NullMarked
package dev.restbus.coordinator;

import org.jspecify.annotations.NullMarked;
