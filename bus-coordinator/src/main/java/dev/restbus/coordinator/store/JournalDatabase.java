package dev.restbus.coordinator.store;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The PostgreSQL database of the journal. Immutable.
 *
 * @param url {@code jdbc:postgresql://…}
 */
@ConfigurationProperties("bus.coordinator.journal")
record JournalDatabase(String url, @Nullable String username, @Nullable String password) {}
