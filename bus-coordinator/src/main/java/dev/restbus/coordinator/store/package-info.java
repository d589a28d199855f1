/** The journal in PostgreSQL, and the only place that knows a database. */
@NullMarked
package dev.restbus.coordinator.store;

import org.jspecify.annotations.NullMarked;
