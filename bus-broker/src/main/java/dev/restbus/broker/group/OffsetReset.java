package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import java.util.Locale;

/** Where a group begins in a partition in which it has no place yet, or not any more. */
public enum OffsetReset {
    /** At the first record that is there. */
    EARLIEST,
    /** Behind the last record; this place is committed, so that a takeover skips nothing. */
    LATEST,
    /** Nowhere: the poll fails. */
    NONE;

    /**
     * Reads {@code earliest}, {@code latest} or {@code none}.
     *
     * @throws dev.restbus.api.BusException 422 {@code invalid-value}
     */
    public static OffsetReset parse(String text) {
        for (OffsetReset value : values()) {
            if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
                return value;
            }
        }
        throw ProblemCode.INVALID_VALUE.exceptionAt(
                "autoOffsetReset",
                "autoOffsetReset is earliest, latest or none, not '" + text + "'");
    }
}
