package dev.restbus.api.batch;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Some bytes of a larger array, not copied; whoever holds a slice must not outlive the array's use.
 *
 * @param at index of the first byte
 */
public record Slice(byte[] bytes, int at, int length) {

    public static Slice of(byte[] bytes) {
        return new Slice(bytes, 0, bytes.length);
    }

    public static Slice utf8(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    public byte[] copy() {
        return Arrays.copyOfRange(bytes, at, at + length);
    }

    /** The bytes read as UTF-8. */
    public String text() {
        return new String(bytes, at, length, StandardCharsets.UTF_8);
    }
}
