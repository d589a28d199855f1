package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The head of one whole request as most clients write it: {@code POST}, a target without escapes, a
 * {@code Host}, a {@code Content-Length} and headers of visible ASCII. It only recognises; what it
 * does not is not wrong, but for the container to judge (RFC 9112). Immutable.
 */
final class PlainHead {

    private static final byte[] METHOD = ascii("POST ");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final int MAX_HEADERS = 32;
    private static final int MAX_LENGTH_DIGITS = 5;

    /** What may stand in a name of a header: RFC 9110 §5.6.2. */
    private static final boolean[] TOKEN = table("!#$%&'*+-.^_`|~");

    private static final boolean[] PATH = table("-._~/");
    private static final boolean[] QUERY = table("-._~/=&+%:,*!$'()@?");

    /** With one of these a request is more than a head and a body of so many bytes. */
    private static final String[] UNCOMMON = {
        "Transfer-Encoding", "Content-Encoding", "Expect", "Upgrade", "Trailer", "TE"
    };

    private final byte[] bytes;
    private final String path;
    private final @Nullable String query;

    /** Of each header: where its name begins and ends, where its value begins and ends. */
    private final int[] headers;

    private final int bodyAt;

    private PlainHead(
            byte[] bytes, String path, @Nullable String query, int[] headers, int bodyAt) {
        this.bytes = bytes;
        this.path = path;
        this.query = query;
        this.headers = headers;
        this.bodyAt = bodyAt;
    }

    /**
     * Recognises a request that fills {@code request} up to {@code length}.
     *
     * @return null if it is not plain, not whole, or not alone
     */
    static @Nullable PlainHead of(byte[] request, int length) {
        if (!startsWith(request, length, 0, METHOD)) {
            return null;
        }
        int pathAt = METHOD.length;
        int pathEnd = span(request, length, pathAt, PATH);
        int targetEnd = pathEnd;
        if (pathEnd < length && request[pathEnd] == '?') {
            targetEnd = span(request, length, pathEnd + 1, QUERY);
        }
        if (!isPlainPath(request, pathAt, pathEnd)
                || !startsWith(request, length, targetEnd, VERSION)) {
            return null;
        }
        int[] headers = new int[MAX_HEADERS * 4];
        int count = 0;
        int at = targetEnd + VERSION.length;
        while (at + 1 < length && request[at] != '\r') {
            at = count < headers.length ? header(request, length, at, headers, count) : -1;
            if (at < 0) {
                return null;
            }
            count += 4;
        }
        if (at + 1 >= length || request[at + 1] != '\n') {
            return null;
        }
        PlainHead head =
                new PlainHead(
                        Arrays.copyOf(request, length),
                        text(request, pathAt, pathEnd),
                        pathEnd == targetEnd ? null : text(request, pathEnd + 1, targetEnd),
                        Arrays.copyOf(headers, count),
                        at + 2);
        return head.isPlain() ? head : null;
    }

    /** Dot segments and empty ones have a meaning of their own to the container. */
    private static boolean isPlainPath(byte[] request, int from, int to) {
        if (to == from || request[from] != '/') {
            return false;
        }
        for (int i = from; i + 1 < to; i++) {
            if (request[i] == '/' && (request[i + 1] == '/' || request[i + 1] == '.')) {
                return false;
            }
        }
        return true;
    }

    /** Reads one line; returns where the next begins, or -1. */
    private static int header(byte[] request, int length, int at, int[] headers, int index) {
        int nameEnd = span(request, length, at, TOKEN);
        if (nameEnd == at || nameEnd >= length || request[nameEnd] != ':') {
            return -1;
        }
        int from = nameEnd + 1;
        while (from < length && request[from] == ' ') {
            from++;
        }
        int end = from;
        while (end < length && request[end] >= ' ' && request[end] <= '~') {
            end++;
        }
        if (end + 1 >= length || request[end] != '\r' || request[end + 1] != '\n') {
            return -1;
        }
        headers[index] = at;
        headers[index + 1] = nameEnd;
        headers[index + 2] = from;
        int to = end;
        while (to > from && request[to - 1] == ' ') {
            to--;
        }
        headers[index + 3] = to;
        return end + 2;
    }

    private boolean isPlain() {
        int lengths = 0;
        int hosts = 0;
        for (int i = 0; i < headers.length; i += 4) {
            if (isNamed(i, "Content-Length")) {
                lengths++;
                if (number(i) != bytes.length - bodyAt) {
                    return false;
                }
            } else if (isNamed(i, "Host")) {
                hosts++;
            } else if (isNamed(i, "Connection") ? !isKeepAlive(i) : isUncommon(i)) {
                return false;
            }
        }
        return lengths == 1 && hosts == 1;
    }

    private boolean isUncommon(int header) {
        for (String name : UNCOMMON) {
            if (isNamed(header, name)) {
                return true;
            }
        }
        return false;
    }

    private boolean isKeepAlive(int header) {
        return is(headers[header + 2], headers[header + 3], "keep-alive");
    }

    /** The value as a decimal number, or -1. */
    private int number(int header) {
        int from = headers[header + 2];
        int to = headers[header + 3];
        if (from == to || to - from > MAX_LENGTH_DIGITS) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }

    /** The path as sent. */
    String path() {
        return path;
    }

    /** The query as sent, or null. */
    @Nullable String query() {
        return query;
    }

    /** Whether it says what goes without saying, as clients of HTTP/1.0 had to. */
    boolean asksToKeepAlive() {
        return header("Connection") != null;
    }

    Slice body() {
        return new Slice(bytes, bodyAt, bytes.length - bodyAt);
    }

    /** The first header of this name, in any case, or null. */
    @Nullable String header(String name) {
        for (int i = 0; i < headers.length; i += 4) {
            if (isNamed(i, name)) {
                return text(bytes, headers[i + 2], headers[i + 3]);
            }
        }
        return null;
    }

    /** Every header whose name begins so, in any case; names as they were sent. */
    void headers(String prefix, BiConsumer<String, String> visitor) {
        for (int i = 0; i < headers.length; i += 4) {
            int from = headers[i];
            if (headers[i + 1] - from >= prefix.length()
                    && is(from, from + prefix.length(), prefix)) {
                visitor.accept(
                        text(bytes, from, headers[i + 1]),
                        text(bytes, headers[i + 2], headers[i + 3]));
            }
        }
    }

    private boolean isNamed(int header, String name) {
        return is(headers[header], headers[header + 1], name);
    }

    /** Whether these bytes are this text of ASCII, in any case. */
    private boolean is(int from, int to, String text) {
        if (to - from != text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (lower(bytes[from + i]) != lower(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }

    private static boolean startsWith(byte[] request, int length, int at, byte[] text) {
        return length - at >= text.length
                && Arrays.equals(request, at, at + text.length, text, 0, text.length);
    }

    /** Where the run of such bytes ends. */
    private static int span(byte[] request, int length, int from, boolean[] allowed) {
        int at = from;
        while (at < length && request[at] >= 0 && allowed[request[at]]) {
            at++;
        }
        return at;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Letters, digits and these. */
    private static boolean[] table(String others) {
        boolean[] table = new boolean[128];
        for (char c = 0; c < table.length; c++) {
            table[c] =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || others.indexOf(c) >= 0;
        }
        return table;
    }
}
