package dev.restbus.api;

import java.time.Duration;
import java.time.format.DateTimeParseException;

/**
 * Durations as the API writes them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}, {@code 2d},
 * or ISO-8601; a bare {@code 0} is none.
 */
public final class Durations {

    /** So many always fit a long. */
    private static final int MAX_DIGITS = 18;

    private Durations() {}

    /**
     * Reads a duration of zero or more, in milliseconds.
     *
     * @param where the parameter or pointer to blame
     * @throws BusException 400 {@code invalid-parameter} if it does not parse, 422 {@code
     *     invalid-value} if it is negative or does not fit
     */
    public static long parseMs(String where, String text) {
        long ms;
        try {
            ms = text.startsWith("P") || text.startsWith("-P") ? iso(text) : plain(text);
        } catch (NumberFormatException | DateTimeParseException e) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    where, "a duration is 500ms, 30s, 5m, 1h or ISO-8601, not '" + text + "'");
        } catch (ArithmeticException e) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(where, "the duration is too long: " + text);
        }
        if (ms < 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where, "a duration is not negative: " + text);
        }
        return ms;
    }

    /** The shortest of the forms above that says just this, {@code 1500ms} or {@code 2s}. */
    public static String format(long ms) {
        if (ms % 1_000 != 0 || ms == 0) {
            return ms + "ms";
        }
        long seconds = ms / 1_000;
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    private static long iso(String text) {
        return Duration.parse(text).toMillis();
    }

    private static long plain(String text) {
        int digits = text.startsWith("-") ? 1 : 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        if (digits > MAX_DIGITS) {
            throw new ArithmeticException(text);
        }
        long number = Long.parseLong(text.substring(0, digits));
        if (number == 0 && digits == text.length()) {
            return 0;
        }
        return Math.multiplyExact(number, unitMs(text.substring(digits)));
    }

    private static long unitMs(String unit) {
        switch (unit) {
            case "ms":
                return 1;
            case "s":
                return 1_000;
            case "m":
                return 60_000;
            case "h":
                return 3_600_000;
            case "d":
                return 86_400_000;
            default:
                throw new NumberFormatException(unit);
        }
    }
}
