package dev.restbus.coordinator.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** What queries name of the one row that says who may write the journal. Never loaded. */
@Entity
@Table(name = "cluster_state")
class ClusterStateRow {

    @Id private boolean singleton;

    @Column(nullable = false)
    private long coordinatorEpoch;

    @Column(nullable = false)
    private long journalVersion;

    /** For the persistence provider. */
    ClusterStateRow() {}
}
