package dev.restbus.coordinator.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.springframework.data.domain.Persistable;

/** One row of the journal: an event in its JSON form. Written once, never changed. */
@Entity
@Table(name = "journal")
class JournalEntry implements Persistable<Long> {

    @Id private long version;

    @Column(nullable = false, updatable = false)
    private long coordinatorEpoch;

    @Column(nullable = false, updatable = false)
    private String event = "";

    /** For the persistence provider. */
    JournalEntry() {}

    JournalEntry(long version, long coordinatorEpoch, String event) {
        this.version = version;
        this.coordinatorEpoch = coordinatorEpoch;
        this.event = event;
    }

    String event() {
        return event;
    }

    @Override
    public Long getId() {
        return version;
    }

    /** Entries are only ever added, so nobody has to look whether one is there. */
    @Override
    public boolean isNew() {
        return true;
    }
}
