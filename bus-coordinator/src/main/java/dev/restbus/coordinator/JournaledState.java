package dev.restbus.coordinator;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state and its journal: decide, make durable, apply, answer. Not thread-safe.
 *
 * <p>After an append whose fate is unknown, the journal's tail is read before the next decision, so
 * that the state never differs from the journal it decides for.
 */
final class JournaledState {

    private static final Logger log = LoggerFactory.getLogger(JournaledState.class);

    private final Journal journal;
    private final Observer observer;
    private final EventCodec codec = new EventCodec();
    private final CoordinatorState state = new CoordinatorState();

    /** The number of the last event applied. */
    private long version;

    /** The journal may hold events that are not applied. */
    private boolean behind = true;

    /** Why nothing is decided any more, or null. */
    private @Nullable String stopped;

    JournaledState(Journal journal, Observer observer) {
        this.journal = journal;
        this.observer = observer;
    }

    /** Any thread may ask. */
    boolean wasTopicDeleted(UUID topicId) {
        return state.topics().wasDeleted(topicId);
    }

    /** Applies what the journal holds beyond the state. */
    void catchUp() throws IOException {
        try {
            journal.replay(version, this::applyNext);
            behind = false;
        } finally {
            observer.publish(state);
        }
    }

    /**
     * Carries out a command.
     *
     * @throws BusException if it was refused, or 503 {@code control-plane-frozen} if the journal
     *     cannot be written
     */
    <A> A execute(Command<A> command, long nowMs) {
        requireReady();
        Decision<A> decision = command.decide(state, nowMs);
        if (!decision.events().isEmpty()) {
            append(decision.events());
            decision.events().forEach(this::apply);
            observer.publish(state);
        }
        return decision.answer().apply(state);
    }

    private void requireReady() {
        if (stopped != null) {
            throw frozen(stopped, Outcome.NONE);
        }
        if (behind) {
            try {
                catchUp();
            } catch (IOException | RuntimeException e) {
                log.warn("The journal cannot be read", e);
                throw frozen("the journal cannot be read", Outcome.NONE);
            }
        }
    }

    private void append(List<? extends Event> events) {
        try {
            journal.append(version, codec.encode(events));
        } catch (JournalException e) {
            throw refused(e);
        } catch (IOException | RuntimeException e) {
            behind = true;
            log.warn("The journal cannot be written", e);
            throw frozen("the journal cannot be written", Outcome.UNKNOWN);
        }
    }

    private BusException refused(JournalException e) {
        if (e.kind() == JournalException.Kind.FENCED) {
            stopped = "another coordinator took over";
            log.error("Another coordinator took over; this one decides nothing any more", e);
            return frozen(stopped, Outcome.NONE);
        }
        behind = true;
        log.warn("The journal is ahead of the state", e);
        return frozen("the journal is ahead of the state", Outcome.NONE);
    }

    private void applyNext(long number, byte[] event) throws IOException {
        if (number != version + 1) {
            throw new IOException("event " + number + " of the journal follows on " + version);
        }
        apply(codec.decode(event));
    }

    private void apply(Event event) {
        try {
            state.apply(event);
            version++;
            observer.applied(event, version);
        } catch (RuntimeException | Error e) {
            stopped = "the coordinator failed on an event of its journal";
            log.error("Event {} cannot be applied: {}", version + 1, event, e);
            throw e;
        }
    }

    private static BusException frozen(String why, Outcome outcome) {
        return ProblemCode.CONTROL_PLANE_FROZEN.problem(why).withOutcome(outcome).asException();
    }

    /** Is told of what is applied. */
    interface Observer {
        /** An event of this number was applied. */
        void applied(Event event, long number);

        /** All events of an append are applied; others may see the state. */
        void publish(CoordinatorState state);
    }
}
