package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import java.nio.charset.StandardCharsets;

/** How many and how large a record's headers may be. */
final class HeaderLimits {

    static final int MAX_HEADERS = 64;
    static final int MAX_NAME_LENGTH = 128;
    static final int MAX_VALUE_BYTES = 4 << 10;
    static final int MAX_TOTAL_BYTES = 16 << 10;

    private HeaderLimits() {}

    /** Refuses a name that HTTP could not carry and a value that is too long. */
    static void check(String where, String name, String value) {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || !isToken(name)) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where, "a header name is 1 to " + MAX_NAME_LENGTH + " of A-Z a-z 0-9 - _ .");
        }
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_VALUE_BYTES) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where,
                    "a header value has at most " + MAX_VALUE_BYTES + " bytes, not " + bytes);
        }
    }

    static void checkAll(String where, RecordHeaders headers) {
        if (headers.count() > MAX_HEADERS || headers.lengthBytes() > MAX_TOTAL_BYTES) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where,
                    "a record has at most "
                            + MAX_HEADERS
                            + " headers of "
                            + MAX_TOTAL_BYTES
                            + " bytes together");
        }
    }

    static boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean allowed =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '-'
                            || c == '_'
                            || c == '.';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }
}
