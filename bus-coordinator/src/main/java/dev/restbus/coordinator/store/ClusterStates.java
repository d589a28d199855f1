package dev.restbus.coordinator.store;

import java.util.UUID;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** The singleton row that fences writers of the journal. */
interface ClusterStates extends Repository<ClusterStateRow, Boolean> {

    /**
     * Makes this coordinator the only writer. Waits for an append that is under way; the time is
     * read after that wait.
     *
     * @return its epoch, one more than any before
     */
    @Query(
            nativeQuery = true,
            value =
                    """
                    insert into cluster_state
                        (singleton, coordinator_id, coordinator_epoch, journal_version, taken_at)
                    values (true, :coordinatorId, 1, 0, clock_timestamp())
                    on conflict (singleton) do update set
                        coordinator_id = excluded.coordinator_id,
                        coordinator_epoch = cluster_state.coordinator_epoch + 1,
                        taken_at = clock_timestamp()
                    returning coordinator_epoch
                    """)
    long takeOver(UUID coordinatorId);

    /**
     * Moves the journal on if this coordinator is its writer and knows its end.
     *
     * @return 0 if not
     */
    @Modifying
    @Query(
            """
            update ClusterStateRow
            set journalVersion = :newVersion
            where coordinatorEpoch = :coordinatorEpoch and journalVersion = :expectedVersion
            """)
    int advance(long coordinatorEpoch, long expectedVersion, long newVersion);

    @Query("select max(coordinatorEpoch) from ClusterStateRow")
    long newestEpoch();
}
