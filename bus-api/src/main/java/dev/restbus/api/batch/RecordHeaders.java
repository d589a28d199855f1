package dev.restbus.api.batch;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Record headers, already in their stored form, so that a batch takes them by copying. Grows as
 * needed; {@link #clear()} makes it ready for the next record. Not thread-safe.
 */
public final class RecordHeaders {

    /** The name under which a value's media type is stored. */
    public static final String CONTENT_TYPE = "content-type";

    private static final byte[] NONE = new byte[0];

    private byte[] bytes = NONE;
    private int length;
    private int count;

    /** The given headers, in the map's order. */
    public static RecordHeaders of(Map<String, String> headers) {
        RecordHeaders result = new RecordHeaders();
        headers.forEach(result::add);
        return result;
    }

    public void clear() {
        length = 0;
        count = 0;
    }

    public int count() {
        return count;
    }

    /** Bytes of the stored form, without the count in front. */
    public int lengthBytes() {
        return length;
    }

    byte[] bytes() {
        return bytes;
    }

    public void add(String name, String value) {
        add(name.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    }

    public void add(byte[] name, byte[] value) {
        int needed =
                Bytes.varintSize(name.length)
                        + name.length
                        + Bytes.varintSize(value.length)
                        + value.length;
        if (bytes.length - length < needed) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + needed));
        }
        length = putSized(length, name);
        length = putSized(length, value);
        count++;
    }

    private int putSized(int at, byte[] data) {
        int i = Bytes.putVarint(bytes, at, data.length);
        System.arraycopy(data, 0, bytes, i, data.length);
        return i + data.length;
    }
}
