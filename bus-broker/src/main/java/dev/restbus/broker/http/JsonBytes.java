package dev.restbus.broker.http;

import dev.restbus.api.batch.Slice;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * A growing UTF-8 buffer for the JSON answers of the hot paths, where values are copied as they
 * were sent and nothing is bound or encoded twice. Structure is up to the caller. Not thread-safe.
 */
public final class JsonBytes {

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_LONG_DIGITS = 20;

    private byte[] bytes;
    private int length;

    public JsonBytes(int initialBytes) {
        bytes = new byte[initialBytes];
    }

    /** What was written; valid until the next write. */
    public Slice slice() {
        return new Slice(bytes, 0, length);
    }

    public int length() {
        return length;
    }

    /** Makes spaces of the line ends from {@code at} on, which stand between JSON tokens only. */
    public JsonBytes onOneLine(int at) {
        for (int i = at; i < length; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' ';
            }
        }
        return this;
    }

    /** Writes prepared bytes. */
    public JsonBytes raw(byte[] prepared) {
        return raw(prepared, 0, prepared.length);
    }

    /** Writes bytes that are JSON already. */
    public JsonBytes raw(byte[] source, int at, int count) {
        reserve(count);
        System.arraycopy(source, at, bytes, length, count);
        length += count;
        return this;
    }

    /** Writes text of plain ASCII that needs no escapes. */
    public JsonBytes ascii(String text) {
        int count = text.length();
        reserve(count);
        for (int i = 0; i < count; i++) {
            bytes[length + i] = (byte) text.charAt(i);
        }
        length += count;
        return this;
    }

    public JsonBytes number(long value) {
        reserve(MAX_LONG_DIGITS);
        if (value < 0) {
            if (value == Long.MIN_VALUE) {
                return ascii(Long.toString(value));
            }
            bytes[length++] = '-';
        }
        long rest = Math.abs(value);
        int digits = 1;
        for (long bound = 10; digits < 19 && rest >= bound; bound *= 10) {
            digits++;
        }
        for (int at = length + digits - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    /** Writes a JSON string. */
    public JsonBytes string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return string(utf8, 0, utf8.length);
    }

    /** Writes valid UTF-8 as a JSON string. */
    public JsonBytes string(byte[] utf8, int at, int count) {
        reserve(count + 2);
        bytes[length++] = '"';
        int from = at;
        int end = at + count;
        for (int i = at; i < end; i++) {
            byte b = utf8[i];
            if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
                raw(utf8, from, i - from);
                escape(b);
                from = i + 1;
            }
        }
        raw(utf8, from, end - from);
        reserve(1);
        bytes[length++] = '"';
        return this;
    }

    /** Writes bytes as a JSON string in base64. */
    public JsonBytes base64(byte[] source, int at, int count) {
        byte[] encoded = Base64.getEncoder().encode(Arrays.copyOfRange(source, at, at + count));
        reserve(encoded.length + 2);
        bytes[length++] = '"';
        raw(encoded);
        reserve(1);
        bytes[length++] = '"';
        return this;
    }

    private void escape(byte b) {
        reserve(6);
        bytes[length++] = '\\';
        switch (b) {
            case '"', '\\' -> bytes[length++] = b;
            case '\n' -> bytes[length++] = 'n';
            case '\r' -> bytes[length++] = 'r';
            case '\t' -> bytes[length++] = 't';
            default -> {
                bytes[length++] = 'u';
                bytes[length++] = '0';
                bytes[length++] = '0';
                bytes[length++] = HEX[b >> 4];
                bytes[length++] = HEX[b & 0xf];
            }
        }
    }

    private void reserve(int count) {
        if (bytes.length - length < count) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }
}
