package dev.restbus.door;

import dev.restbus.api.ProblemCode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads query strings by hand, so that no body is ever taken for parameters. Stateless. */
final class QueryParser {

    /**
     * Asks every path for a redirect to the leader in place of the answer. Whoever leads answers
     * itself, and this broker leads every partition.
     */
    private static final String REDIRECT = "redirect";

    private QueryParser() {}

    /**
     * @throws dev.restbus.api.BusException 400 {@code malformed-encoding}, 400 {@code
     *     invalid-parameter} if a name comes twice
     */
    static Query parse(@Nullable String raw) {
        if (raw == null || raw.isEmpty()) {
            return Query.EMPTY;
        }
        Map<String, String> values = new LinkedHashMap<>();
        int from = 0;
        while (from <= raw.length()) {
            int amp = raw.indexOf('&', from);
            int to = amp < 0 ? raw.length() : amp;
            if (to > from) {
                addPair(values, raw, from, to);
            }
            from = to + 1;
        }
        return values.isEmpty() ? Query.EMPTY : new Query(values);
    }

    /**
     * @throws dev.restbus.api.BusException 422 {@code unknown-parameter}
     */
    static void requireKnown(Query query, Set<String> known) {
        if (query == Query.EMPTY) {
            return;
        }
        for (String name : query.names()) {
            if (name.equals(REDIRECT)) {
                requireFlag(query);
            } else if (!known.contains(name)) {
                throw ProblemCode.UNKNOWN_PARAMETER.exceptionAt(
                        name,
                        known.isEmpty()
                                ? "this path takes no query parameters, so not '" + name + "'"
                                : "there is no parameter '"
                                        + name
                                        + "' here; known are "
                                        + String.join(", ", new TreeSet<>(known)));
            }
        }
    }

    private static void requireFlag(Query query) {
        String value = query.text(REDIRECT, "");
        if (!value.equals("true") && !value.equals("false")) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    REDIRECT, "redirect is true or false, not '" + value + "'");
        }
    }

    private static void addPair(Map<String, String> values, String raw, int from, int to) {
        int equals = raw.indexOf('=', from);
        int nameEnd = equals < 0 || equals > to ? to : equals;
        String name = RequestPath.decode(raw, from, nameEnd, true);
        String value = nameEnd == to ? "" : RequestPath.decode(raw, nameEnd + 1, to, true);
        if (values.putIfAbsent(name, value) != null) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    name, "the parameter '" + name + "' comes twice");
        }
    }
}
