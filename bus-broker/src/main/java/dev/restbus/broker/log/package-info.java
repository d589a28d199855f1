/**
 * The partition log: segments, indexes, recovery, group commit and the check that proves a log
 * sound.
 */
@NullMarked
package dev.restbus.broker.log;

import org.jspecify.annotations.NullMarked;
