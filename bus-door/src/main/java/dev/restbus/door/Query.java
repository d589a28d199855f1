package dev.restbus.door;

import dev.restbus.api.Durations;
import dev.restbus.api.ProblemCode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The decoded parameters of a query string, each at most once. Immutable. The typed getters name
 * the parameter in the problems they raise.
 */
public final class Query {

    /** A request without a query. */
    public static final Query EMPTY = new Query(Map.of());

    private final Map<String, String> values;

    public Query(Map<String, String> values) {
        this.values = values;
    }

    public @Nullable String text(String name) {
        return values.get(name);
    }

    public String text(String name, String defaultValue) {
        return values.getOrDefault(name, defaultValue);
    }

    /** The names that were sent. */
    public Iterable<String> names() {
        return values.keySet();
    }

    /**
     * A whole number from {@code min} to {@code max}.
     *
     * @throws dev.restbus.api.BusException 400 {@code invalid-parameter} if it is no number, 422
     *     {@code invalid-value} if it is out of range
     */
    public long number(String name, long defaultValue, long min, long max) {
        String text = values.get(name);
        if (text == null) {
            return defaultValue;
        }
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    name, name + " is a whole number, not '" + text + "'");
        }
        if (number < min || number > max) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    name, name + " is from " + min + " to " + max + ", not " + number);
        }
        return number;
    }

    /** A whole number that fits an int; see {@link #number}. */
    public int integer(String name, int defaultValue, int min, int max) {
        return (int) number(name, defaultValue, min, max);
    }

    /**
     * A duration in milliseconds.
     *
     * @throws dev.restbus.api.BusException as {@link Durations#parseMs}
     */
    public long durationMs(String name, long defaultValue) {
        String text = values.get(name);
        return text == null ? defaultValue : Durations.parseMs(name, text);
    }

    /**
     * {@code true} or {@code false}.
     *
     * @throws dev.restbus.api.BusException 400 {@code invalid-parameter}
     */
    public boolean flag(String name, boolean defaultValue) {
        String text = values.get(name);
        if (text == null) {
            return defaultValue;
        }
        if (!text.equals("true") && !text.equals("false")) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    name, name + " is true or false, not '" + text + "'");
        }
        return text.equals("true");
    }
}
