package dev.restbus.api;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Points in time as the API takes them: epoch milliseconds or RFC 3339. */
public final class Timestamps {

    private Timestamps() {}

    /**
     * Reads a point in time, in epoch milliseconds.
     *
     * @param where the parameter or pointer to blame
     * @param text in a query, the plus of a zone may have become a space
     * @throws BusException 400 {@code invalid-parameter} if it does not parse
     */
    public static long parseMs(String where, String text) {
        try {
            return text.matches("-?[0-9]+")
                    ? Long.parseLong(text)
                    : OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli();
        } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    where,
                    "a time is epoch milliseconds or RFC 3339, such as 2026-01-31T12:00:00Z, not '"
                            + text
                            + "'");
        }
    }
}
