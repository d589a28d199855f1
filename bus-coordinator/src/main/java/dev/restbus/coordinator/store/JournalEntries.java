package dev.restbus.coordinator.store;

import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;

/** The rows of the journal. */
interface JournalEntries extends JpaRepository<JournalEntry, Long> {

    List<JournalEntry> findByVersionGreaterThanOrderByVersion(long version, Limit limit);
}
