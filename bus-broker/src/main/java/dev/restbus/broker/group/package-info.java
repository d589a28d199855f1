/**
 * The home broker's half of consumer groups: sessions, polls, commits, failures and dead letters.
 */
@NullMarked
package dev.restbus.broker.group;

import org.jspecify.annotations.NullMarked;
