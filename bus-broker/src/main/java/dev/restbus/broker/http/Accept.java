package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a caller accepts, by RFC 9110 §12.5.1. Stateless. */
final class Accept {

    /** How well a type fits: the weight first, then how exactly it was named, then its place. */
    private record Fit(double weight, int exactness, int place) {

        private static final Fit NONE = new Fit(0, -1, 0);

        boolean isBetterThan(Fit other) {
            if (weight != other.weight) {
                return weight > other.weight;
            }
            if (exactness != other.exactness) {
                return exactness > other.exactness;
            }
            return place < other.place;
        }
    }

    private Accept() {}

    /**
     * The type to answer with.
     *
     * @param accept the header; null and empty accept anything
     * @param offered in lower case; the first is the one for whoever does not care
     * @throws dev.restbus.api.BusException 406 {@code not-acceptable}
     */
    static String choose(@Nullable String accept, List<String> offered) {
        if (accept == null || accept.isBlank()) {
            return offered.get(0);
        }
        String[] ranges = accept.toLowerCase(Locale.ROOT).split(",");
        String best = offered.get(0);
        Fit bestFit = Fit.NONE;
        for (String type : offered) {
            Fit fit = fit(type, ranges);
            if (fit.weight() > 0 && fit.isBetterThan(bestFit)) {
                best = type;
                bestFit = fit;
            }
        }
        if (bestFit == Fit.NONE) {
            throw ProblemCode.NOT_ACCEPTABLE.exceptionAt(
                    "Accept",
                    "this is read as " + String.join(", ", offered) + ", not as " + accept);
        }
        return best;
    }

    /** By the range that names the type most exactly. */
    private static Fit fit(String type, String[] ranges) {
        Fit fit = Fit.NONE;
        for (int i = 0; i < ranges.length; i++) {
            int exactness = exactness(type, RecordJson.ValueKind.mediaType(ranges[i]));
            if (exactness > fit.exactness()) {
                fit = new Fit(weight(ranges[i]), exactness, i);
            }
        }
        return fit;
    }

    private static int exactness(String type, String range) {
        if (range.equals(type)) {
            return 2;
        }
        if (range.equals("*/*")) {
            return 0;
        }
        boolean ofKind =
                range.endsWith("/*") && type.startsWith(range.substring(0, range.length() - 1));
        return ofKind ? 1 : -1;
    }

    private static double weight(String range) {
        for (String parameter : range.split(";")) {
            String[] pair = parameter.trim().split("=", 2);
            if (pair.length == 2 && pair[0].trim().equals("q")) {
                return quality(pair[1].trim());
            }
        }
        return 1;
    }

    /** One that does not parse says nothing. */
    private static double quality(String text) {
        try {
            return Math.max(0, Math.min(1, Double.parseDouble(text)));
        } catch (NumberFormatException e) {
            return 1;
        }
    }
}
