package dev.restbus.client;

import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A problem document (RFC 9457) that the bus answered with. Immutable. */
public final class BusProblemException extends BusClientException {

    private final int status;
    private final String code;
    private final String detail;
    private final transient List<FieldError> errors;
    private final @Nullable String hint;

    BusProblemException(
            int status,
            Document document,
            Outcome outcome,
            boolean retryable,
            @Nullable Duration retryAfter) {
        super(document.message(status), null, outcome, retryable, retryAfter);
        this.status = status;
        this.code = document.code();
        this.detail = document.detail();
        this.errors = List.copyOf(document.errors());
        this.hint = document.hint();
    }

    /** The HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** The code as it stands on the wire, {@code unknown-topic} say; a bus may know more codes. */
    public String code() {
        return code;
    }

    public String detail() {
        return detail;
    }

    /** The places at fault; empty where there is none to point at. */
    public List<FieldError> errors() {
        return errors;
    }

    /** A command line that would work, or null. */
    public @Nullable String hint() {
        return hint;
    }

    /** The words of a problem document. */
    record Document(String code, String detail, List<FieldError> errors, @Nullable String hint) {

        private String message(int status) {
            return status + " " + code + ": " + detail;
        }
    }
}
