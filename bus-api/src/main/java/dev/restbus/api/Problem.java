package dev.restbus.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An RFC 9457 problem before it is bound to a request: everything but {@code type}, {@code title},
 * {@code status} and {@code retryable}, which {@link ProblemCode} fixes, and {@code traceId}, which
 * the front door adds. Immutable.
 *
 * @param detail what went wrong this time, with the numbers and names that matter
 * @param outcome what happened to the data
 * @param errors the places at fault; empty where there is none to point at
 * @param hint a command line that would work, with {@link #NODE} for the address; or null
 * @param retryAfterMs when to try again in milliseconds; never null on 429 and 503
 * @param extra further members, such as the bounds of a 416; values are strings, numbers, booleans
 */
public record Problem(
        ProblemCode code,
        String detail,
        Outcome outcome,
        List<FieldError> errors,
        @Nullable String hint,
        @Nullable Long retryAfterMs,
        Map<String, Object> extra) {

    /** Stands in a hint for the host and port that the caller used. */
    public static final String NODE = "{node}";

    private static final long DEFAULT_RETRY_AFTER_MS = 1_000;

    public Problem {
        errors = List.copyOf(errors);
        extra = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(extra));
        if (retryAfterMs == null && (code.status() == 429 || code.status() == 503)) {
            retryAfterMs = DEFAULT_RETRY_AFTER_MS;
        }
    }

    /** A problem after which nothing was stored. */
    public static Problem of(ProblemCode code, String detail) {
        return new Problem(code, detail, Outcome.NONE, List.of(), null, null, Map.of());
    }

    /** A problem with one place at fault. */
    public static Problem at(ProblemCode code, String pointer, String detail) {
        return of(code, detail).withErrors(List.of(new FieldError(pointer, detail)));
    }

    public Problem withErrors(List<FieldError> newErrors) {
        return new Problem(code, detail, outcome, newErrors, hint, retryAfterMs, extra);
    }

    public Problem withHint(String newHint) {
        return new Problem(code, detail, outcome, errors, newHint, retryAfterMs, extra);
    }

    public Problem withOutcome(Outcome newOutcome) {
        return new Problem(code, detail, newOutcome, errors, hint, retryAfterMs, extra);
    }

    public Problem withRetryAfterMs(long newRetryAfterMs) {
        return new Problem(code, detail, outcome, errors, hint, newRetryAfterMs, extra);
    }

    /** Adds one further member to the document. */
    public Problem with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(extra);
        more.put(name, value);
        return new Problem(code, detail, outcome, errors, hint, retryAfterMs, more);
    }

    /** This problem as the failure of a call or a future. */
    public BusException asException() {
        return new BusException(this);
    }
}
