package dev.restbus.door;

import dev.restbus.api.ProblemCode;
import dev.restbus.door.json.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The path of a request as it was sent, cut into segments but not decoded; a single trailing slash
 * is not part of it. Immutable.
 */
final class RequestPath {

    /** No hot pattern has more segments; whatever has is left to Spring MVC. */
    private static final int MAX_SEGMENTS = 15;

    private final String raw;
    private final boolean escaped;
    private final int segmentCount;

    /** Segment i is from starts[i] to before the slash at starts[i + 1] - 1. */
    private final int[] starts;

    private RequestPath(String raw, boolean escaped, int segmentCount, int[] starts) {
        this.raw = raw;
        this.escaped = escaped;
        this.segmentCount = segmentCount;
        this.starts = starts;
    }

    /**
     * Parses a raw request URI without its query.
     *
     * @throws dev.restbus.api.BusException 400 {@code malformed-encoding} or {@code
     *     malformed-request}
     */
    static RequestPath parse(String uri) {
        int length = uri.length();
        if (length == 0 || uri.charAt(0) != '/') {
            throw ProblemCode.MALFORMED_REQUEST.exception("the request path begins with a slash");
        }
        int end = length > 1 && uri.charAt(length - 1) == '/' ? length - 1 : length;
        int[] starts = new int[MAX_SEGMENTS + 2];
        int count = 0;
        boolean escaped = false;
        for (int i = 0; i < end; i++) {
            char c = uri.charAt(i);
            if (c == '/') {
                starts[Math.min(count++, MAX_SEGMENTS + 1)] = i + 1;
            } else if (c == '%') {
                escaped = true;
            } else if (c == ';' || c == '\\' || c > '~') {
                throw refusal(c);
            }
        }
        starts[Math.min(count, MAX_SEGMENTS + 1)] = end + 1;
        RequestPath path =
                new RequestPath(
                        end == length ? uri : uri.substring(0, end), escaped, count, starts);
        if (escaped) {
            decode(path.raw, 0, end, false);
        }
        return path;
    }

    /** The path as sent, still percent-encoded, without a trailing slash. */
    String raw() {
        return raw;
    }

    boolean fitsRoutes() {
        return segmentCount <= MAX_SEGMENTS;
    }

    int segmentCount() {
        return segmentCount;
    }

    /** Whether segment i, decoded, is this. */
    boolean segmentIs(int i, String literal) {
        int from = starts[i];
        int length = starts[i + 1] - 1 - from;
        if (escaped) {
            return segment(i).equals(literal);
        }
        return length == literal.length() && raw.startsWith(literal, from);
    }

    boolean segmentIsEmpty(int i) {
        return starts[i + 1] - 1 == starts[i];
    }

    /** Segment i, decoded. */
    String segment(int i) {
        int from = starts[i];
        int to = starts[i + 1] - 1;
        return escaped ? decode(raw, from, to, false) : raw.substring(from, to);
    }

    /**
     * Decodes percent escapes into UTF-8.
     *
     * @param plusIsSpace as in a query
     * @throws dev.restbus.api.BusException 400 {@code malformed-encoding}
     */
    static String decode(String text, int from, int to, boolean plusIsSpace) {
        int i = from;
        while (i < to && text.charAt(i) != '%' && !(plusIsSpace && text.charAt(i) == '+')) {
            i++;
        }
        return i == to ? text.substring(from, to) : decodeEscaped(text, from, to, plusIsSpace);
    }

    private static String decodeEscaped(String text, int from, int to, boolean plusIsSpace) {
        byte[] bytes = new byte[to - from];
        int length = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c == '%') {
                if (i + 2 >= to) {
                    throw malformed(text.substring(i, to));
                }
                bytes[length++] = unescape(text, i);
                i += 2;
            } else {
                bytes[length++] = (byte) (plusIsSpace && c == '+' ? ' ' : c);
            }
        }
        if (!Utf8.isValid(bytes, 0, length)) {
            throw ProblemCode.MALFORMED_ENCODING.exception(
                    "the percent escapes of the request line are not UTF-8");
        }
        return new String(Arrays.copyOf(bytes, length), StandardCharsets.UTF_8);
    }

    private static byte unescape(String text, int at) {
        int high = Character.digit(text.charAt(at + 1), 16);
        int low = Character.digit(text.charAt(at + 2), 16);
        if (high < 0 || low < 0) {
            throw malformed(text.substring(at, at + 3));
        }
        return (byte) (high << 4 | low);
    }

    private static RuntimeException malformed(String escape) {
        return ProblemCode.MALFORMED_ENCODING.exception(
                "'" + escape + "' in the request line is not a percent escape; a % itself is %25");
    }

    private static RuntimeException refusal(char c) {
        if (c == ';') {
            return ProblemCode.MALFORMED_REQUEST.exception(
                    "path parameters (;name=value) mean nothing here; a ; itself is %3B");
        }
        return ProblemCode.MALFORMED_REQUEST.exception(
                c == '\\'
                        ? "a path is separated by /; a \\ itself is %5C"
                        : "the path has a character that must be percent-encoded");
    }
}
