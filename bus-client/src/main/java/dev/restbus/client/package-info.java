/** A thin typed client of the HTTP API: producing, consuming in groups, topics and groups. */
@NullMarked
package dev.restbus.client;

import org.jspecify.annotations.NullMarked;
