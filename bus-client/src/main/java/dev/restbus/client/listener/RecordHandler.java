package dev.restbus.client.listener;

import dev.restbus.client.BusRecord;

/** What to do with a record. Called by one thread at a time for each container thread. */
@FunctionalInterface
public interface RecordHandler {

    /**
     * Processes the record; returning means done.
     *
     * @throws Exception if it failed, as by any error: the group's retry policy decides when it
     *     comes again, and after how many attempts it goes to the dead-letter topic. Only an {@link
     *     OutOfMemoryError} is no attempt and ends the listener
     */
    void handle(BusRecord record) throws Exception;
}
