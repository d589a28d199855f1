package dev.restbus.coordinator;

import dev.restbus.coordinator.journal.Journal;

class InMemoryJournalTest extends SharedJournalConformance {

    private final InMemoryJournal.Store store = new InMemoryJournal.Store();

    @Override
    protected Journal open() {
        return new InMemoryJournal(store);
    }
}
