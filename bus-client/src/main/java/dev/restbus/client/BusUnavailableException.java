package dev.restbus.client;

import dev.restbus.api.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The bus gave no answer. {@link #outcome()} is {@code NONE} where the call certainly did not reach
 * it (connection refused, circuit open) and {@code UNKNOWN} otherwise (connection lost, no answer
 * in time). Immutable.
 */
public final class BusUnavailableException extends BusClientException {

    BusUnavailableException(String message, @Nullable Throwable cause, Outcome outcome) {
        super(message, cause, outcome, true, null);
    }

    private BusUnavailableException(
            String message, Outcome outcome, boolean retryable, @Nullable Duration retryAfter) {
        super(message, null, outcome, retryable, retryAfter);
    }

    static BusUnavailableException circuitOpen(Duration retryAfter) {
        return new BusUnavailableException(
                "the bus failed too often just now; calls are held back",
                Outcome.NONE,
                true,
                retryAfter);
    }

    /** The calling thread was interrupted, or the client closed, while it waited. */
    static BusUnavailableException cancelled() {
        return new BusUnavailableException("the call was cancelled", Outcome.UNKNOWN, false, null);
    }
}
