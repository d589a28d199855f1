/**
 * The wire contract that clients, brokers and coordinators share: problems, names, durations,
 * hashes.
 */
@NullMarked
package dev.restbus.api;

import org.jspecify.annotations.NullMarked;
