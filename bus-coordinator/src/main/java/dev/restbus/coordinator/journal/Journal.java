package dev.restbus.coordinator.journal;

import java.io.IOException;
import java.util.List;

/**
 * The coordinator's truth: an ordered list of events, numbered from 1 without gaps. It has one
 * writer at a time: where several processes can open it, the one that opened it last, and an older
 * one is refused with {@link JournalException.Kind#FENCED}. Calls may block. Not thread-safe: the
 * coordinator's thread owns it.
 */
public interface Journal extends AutoCloseable {

    /**
     * Reads the events after a version, in order, up to the newest.
     *
     * @param afterVersion 0 for all
     * @throws IOException if the journal cannot be read now, or from {@code reader}
     */
    void replay(long afterVersion, Reader reader) throws IOException;

    /**
     * Adds events, all of them or none, also across a crash; durable on return.
     *
     * @param expectedVersion the number of the last event the caller knows; 0 for none
     * @param events at least one, each the UTF-8 of a JSON object
     * @return the number of the last event added
     * @throws JournalException if the journal surely did not change: another writer took over, or
     *     {@code expectedVersion} is not its newest
     * @throws IOException if it cannot be written now; whether the events were added is unknown
     *     until the next {@link #replay}
     */
    long append(long expectedVersion, List<byte[]> events) throws IOException;

    @Override
    void close() throws IOException;

    /** Takes events in order. */
    interface Reader {
        void event(long version, byte[] event) throws IOException;
    }
}
