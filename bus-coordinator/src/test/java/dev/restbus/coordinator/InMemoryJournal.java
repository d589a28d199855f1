package dev.restbus.coordinator;

import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A journal that lives as long as its {@link Store}, with faults on demand. */
public final class InMemoryJournal implements Journal {

    /** What survives the journal's closing. */
    public static final class Store {
        private final List<byte[]> events = new ArrayList<>();
        private int writers;
    }

    /** What the next append does. */
    public enum Fault {
        NONE,
        /** Fails and writes nothing. */
        LOST,
        /** Writes and fails, as when the answer is lost. */
        ANSWER_LOST
    }

    private final Store store;
    private final int writer;
    private volatile Fault nextAppend = Fault.NONE;
    private volatile boolean readable = true;
    private volatile boolean closed;

    public InMemoryJournal(Store store) {
        this.store = store;
        this.writer = ++store.writers;
    }

    public void failNextAppend(Fault fault) {
        nextAppend = fault;
    }

    public void setReadable(boolean readable) {
        this.readable = readable;
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public void replay(long afterVersion, Reader reader) throws IOException {
        if (!readable) {
            throw new IOException("not readable");
        }
        for (int i = (int) afterVersion; i < store.events.size(); i++) {
            reader.event(i + 1, store.events.get(i));
        }
    }

    @Override
    public long append(long expectedVersion, List<byte[]> events) throws IOException {
        Fault fault = nextAppend;
        nextAppend = Fault.NONE;
        if (fault == Fault.LOST) {
            throw new IOException("lost");
        }
        if (writer != store.writers) {
            throw new JournalException(JournalException.Kind.FENCED, "another writer");
        }
        if (expectedVersion != store.events.size()) {
            throw new JournalException(
                    JournalException.Kind.CONFLICT, "version " + store.events.size());
        }
        store.events.addAll(events);
        if (fault == Fault.ANSWER_LOST) {
            throw new IOException("answer lost");
        }
        return store.events.size();
    }

    @Override
    public void close() {
        closed = true;
    }
}
