package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record's key and headers as headers of the HTTP answer that has its value as body. Names and
 * values may be any bytes, since batches are taken from anyone; on the wire they are visible ASCII.
 * What the server's buffer for them does not hold is left out and counted. Used once.
 */
final class RawHeaders {

    /** Of the 8 KiB that Tomcat has for a whole head, which is kept for every connection. */
    static final int MAX_BYTES = 6 << 10;

    static final int MAX_CONTENT_TYPE_LENGTH = 1 << 10;

    private static final String PREFIX = "Bus-Header-";
    private static final String OMITTED = "Bus-Headers-Omitted";

    /** Of {@code name: value CR LF}. */
    private static final int FRAME_BYTES = 4;

    private final List<String> headers;
    private int bytes;
    private int omitted;

    private RawHeaders(List<String> headers) {
        this.headers = headers;
    }

    /**
     * Adds the key and the headers of the record the reader stands on; attributes of an event as
     * such.
     *
     * @param headers name, value, name, value, …
     */
    static void addAll(List<String> headers, RecordReader record) {
        RawHeaders raw = new RawHeaders(headers);
        Slice key = record.key();
        if (key != null) {
            raw.put("Bus-Key", value(key.text()));
        }
        boolean event = CloudEvents.isStored(record);
        record.headers(
                (name, value) -> raw.add(name.text(), value == null ? "" : value.text(), event));
        if (raw.omitted > 0) {
            headers.add(OMITTED);
            headers.add(Integer.toString(raw.omitted));
        }
    }

    private void add(String name, String text, boolean event) {
        if (name.equals(RecordHeaders.CONTENT_TYPE)) {
            return;
        }
        String prefix = CloudEventAttributes.STORED_PREFIX;
        if (event && name.startsWith(prefix) && HeaderLimits.isToken(name)) {
            put("ce-" + name.substring(prefix.length()), CloudEventText.encode(text));
        } else {
            put(PREFIX + (HeaderLimits.isToken(name) ? name : encoded(name)), value(text));
        }
    }

    private void put(String name, String value) {
        int size = name.length() + value.length() + FRAME_BYTES;
        if (bytes + size > MAX_BYTES) {
            omitted++;
            return;
        }
        bytes += size;
        headers.add(name);
        headers.add(value);
    }

    /** The stored media type if it can stand in a header as it is, else null. */
    static @Nullable String contentType(String stored) {
        boolean fits = !stored.isEmpty() && stored.length() <= MAX_CONTENT_TYPE_LENGTH;
        return fits && isVisible(stored) ? stored : null;
    }

    /** Visible ASCII as it is; anything else percent-encoded as UTF-8, {@code %} too. */
    private static String value(String text) {
        return isVisible(text) && text.indexOf('%') < 0 ? text : encoded(text);
    }

    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f) && text.equals(text.strip());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
