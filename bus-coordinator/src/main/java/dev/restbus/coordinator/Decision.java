package dev.restbus.coordinator;

import dev.restbus.coordinator.journal.Event;
import java.util.List;
import java.util.function.Function;

/**
 * What a command leads to. Immutable.
 *
 * @param events to be made durable together and then applied; empty if nothing has to change
 * @param answer reads the answer off the state that has the events applied
 */
record Decision<A>(List<? extends Event> events, Function<CoordinatorState, A> answer) {

    Decision {
        events = List.copyOf(events);
    }
}
