package dev.restbus.coordinator.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.dao.DataAccessException;
import org.springframework.data.domain.Limit;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * The journal in PostgreSQL. Every append is one transaction that first moves the singleton row on,
 * on condition of the writer's epoch and the expected version, so a deposed writer changes nothing
 * (Kleppmann's fencing token). Not thread-safe.
 */
final class PostgresJournal implements Journal {

    private static final int PAGE = 1_000;

    private final JournalEntries entries;
    private final ClusterStates clusterStates;
    private final TransactionOperations transactions;
    private final long epoch;

    private PostgresJournal(
            JournalEntries entries,
            ClusterStates clusterStates,
            TransactionOperations transactions,
            long epoch) {
        this.entries = entries;
        this.clusterStates = clusterStates;
        this.transactions = transactions;
        this.epoch = epoch;
    }

    /** Takes the journal over from whoever writes it. */
    static PostgresJournal open(
            JournalEntries entries,
            ClusterStates clusterStates,
            TransactionOperations transactions,
            UUID coordinatorId) {
        Long epoch = transactions.execute(status -> clusterStates.takeOver(coordinatorId));
        return new PostgresJournal(entries, clusterStates, transactions, epoch);
    }

    @Override
    public void replay(long afterVersion, Reader reader) throws IOException {
        long version = afterVersion;
        List<JournalEntry> page;
        do {
            page = page(version);
            for (JournalEntry entry : page) {
                version = entry.getId();
                reader.event(version, entry.event().getBytes(UTF_8));
            }
        } while (page.size() == PAGE);
    }

    @Override
    public long append(long expectedVersion, List<byte[]> events) throws IOException {
        long newVersion = expectedVersion + events.size();
        Boolean added;
        try {
            added = transactions.execute(status -> tryAppend(expectedVersion, newVersion, events));
        } catch (DataAccessException | TransactionException e) {
            throw new IOException("the journal's database failed", e);
        }
        if (!Boolean.TRUE.equals(added)) {
            throw refusal(expectedVersion);
        }
        return newVersion;
    }

    /** The database is closed by whoever opened it. */
    @Override
    public void close() {}

    private List<JournalEntry> page(long afterVersion) throws IOException {
        try {
            return entries.findByVersionGreaterThanOrderByVersion(afterVersion, Limit.of(PAGE));
        } catch (DataAccessException | TransactionException e) {
            throw new IOException("the journal's database failed", e);
        }
    }

    private boolean tryAppend(long expectedVersion, long newVersion, List<byte[]> events) {
        if (clusterStates.advance(epoch, expectedVersion, newVersion) == 0) {
            return false;
        }
        List<JournalEntry> added = new ArrayList<>();
        for (byte[] event : events) {
            long version = expectedVersion + added.size() + 1;
            added.add(new JournalEntry(version, epoch, new String(event, UTF_8)));
        }
        entries.saveAll(added);
        return true;
    }

    private IOException refusal(long expectedVersion) {
        try {
            long newest = clusterStates.newestEpoch();
            return newest == epoch
                    ? new JournalException(
                            JournalException.Kind.CONFLICT,
                            "the journal's newest version is not " + expectedVersion)
                    : new JournalException(
                            JournalException.Kind.FENCED,
                            "coordinator epoch " + newest + " replaced " + epoch);
        } catch (DataAccessException e) {
            return new IOException("the journal's database failed", e);
        }
    }
}
