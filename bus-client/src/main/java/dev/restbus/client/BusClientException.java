package dev.restbus.client;

import dev.restbus.api.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A call to the bus that did not succeed: the bus said no ({@link BusProblemException}) or did not
 * say anything ({@link BusUnavailableException}). Immutable.
 */
public abstract class BusClientException extends RuntimeException {

    private final Outcome outcome;
    private final boolean retryable;
    private final transient @Nullable Duration retryAfter;

    BusClientException(
            String message,
            @Nullable Throwable cause,
            Outcome outcome,
            boolean retryable,
            @Nullable Duration retryAfter) {
        super(message, cause);
        this.outcome = outcome;
        this.retryable = retryable;
        this.retryAfter = retryAfter;
    }

    /** What became of the data of the call. */
    public Outcome outcome() {
        return outcome;
    }

    /** Whether the very same call can succeed later. */
    public boolean retryable() {
        return retryable;
    }

    /** How long the bus asked to wait before the next try, or null. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
