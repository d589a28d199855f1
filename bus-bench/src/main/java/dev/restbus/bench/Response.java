package dev.restbus.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One HTTP/1.1 response as it arrives, with a length or in chunks. Knows just enough to tell where
 * it ends. One thread.
 */
final class Response {

    private static final int UNKNOWN = -1;

    private final ByteBuffer received;
    private int headEnd = UNKNOWN;
    private int bodyLength = UNKNOWN;

    /**
     * @param capacity bytes of the longest response that is expected
     */
    Response(int capacity) {
        received = ByteBuffer.allocate(capacity);
    }

    /** Where to read from the network into. */
    ByteBuffer buffer() {
        if (!received.hasRemaining()) {
            throw new IllegalStateException("the answer is too long: " + text());
        }
        return received;
    }

    /** Whether all of it has arrived. */
    boolean isComplete() {
        if (headEnd == UNKNOWN && !findHead()) {
            return false;
        }
        int position = received.position();
        if (bodyLength != UNKNOWN) {
            return position >= headEnd + bodyLength;
        }
        return endsWith("0\r\n\r\n", position);
    }

    /** So far. */
    int sizeBytes() {
        return received.position();
    }

    int status() {
        byte[] bytes = received.array();
        return (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
    }

    /** Its begin, for messages. */
    String text() {
        int length = Math.min(received.position(), 1_000);
        return new String(received.array(), 0, length, StandardCharsets.UTF_8);
    }

    /** Forgets it, for the next one of the same connection. */
    void clear() {
        received.clear();
        headEnd = UNKNOWN;
        bodyLength = UNKNOWN;
    }

    private boolean findHead() {
        byte[] bytes = received.array();
        for (int i = 3; i < received.position(); i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
                headEnd = i + 1;
                bodyLength = contentLength(bytes);
                return true;
            }
        }
        return false;
    }

    /** Of the head, which is known to be complete; -1 where there is none. */
    private int contentLength(byte[] bytes) {
        for (int i = 12; i < headEnd; i++) {
            if (bytes[i] == '\n' && isContentLength(bytes, i + 1)) {
                return number(bytes, i + 1 + NAME.length);
            }
        }
        return UNKNOWN;
    }

    private static final byte[] NAME = "content-length:".getBytes(StandardCharsets.US_ASCII);

    private boolean isContentLength(byte[] bytes, int from) {
        for (int i = 0; i < NAME.length; i++) {
            byte lower = (byte) (bytes[from + i] >= 'A' ? bytes[from + i] | 0x20 : bytes[from + i]);
            if (lower != NAME[i]) {
                return false;
            }
        }
        return true;
    }

    private static int number(byte[] bytes, int from) {
        int value = 0;
        for (int i = from; bytes[i] != '\r'; i++) {
            if (bytes[i] != ' ') {
                value = value * 10 + bytes[i] - '0';
            }
        }
        return value;
    }

    private boolean endsWith(String end, int position) {
        int start = position - end.length();
        for (int i = 0; i < end.length(); i++) {
            if (start < headEnd || received.array()[start + i] != end.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
