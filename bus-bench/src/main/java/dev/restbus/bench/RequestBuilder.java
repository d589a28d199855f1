package dev.restbus.bench;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of whole HTTP requests. Every record has the same length, so that a request is built
 * once and then either sent as it is or has each of its records written anew. One thread.
 */
final class RequestBuilder implements Requests {

    /** Fills a record up to 100 bytes of value. */
    private static final String PADDING = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN";

    private static final byte[] VALUE_START = ascii("{\"id\":");
    private static final byte[] VALUE_REST =
            ascii(",\"kind\":\"measurement\",\"note\":\"" + PADDING + "\"}");
    private static final byte[] RECORD_START = ascii("{\"value\":");
    private static final byte[] RECORD_END = ascii("}");
    private static final byte[] BATCH_START = ascii("{\"records\":[");
    private static final byte[] BATCH_END = ascii("]}");

    /** The first number; all up to ten times as many have as many digits. */
    private static final long FIRST = 100_000_000_000L;

    private static final int DIGITS = 12;

    private final byte[] request;
    private final int bodyStart;
    private final int records;
    private final boolean batch;
    private final boolean builds;
    private long next = FIRST;

    /**
     * @param path with query
     * @param records a request
     * @param batch whether they are sent in the {@code records} envelope
     * @param builds whether each record is written anew for each request
     */
    RequestBuilder(String path, int records, boolean batch, boolean builds) {
        this.records = records;
        this.batch = batch;
        this.builds = builds;
        byte[] body = template(records, batch);
        byte[] head =
                ascii(
                        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                                .formatted(
                                        path,
                                        batch ? "Prefer: return=minimal\r\n" : "",
                                        body.length));
        request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        bodyStart = head.length;
    }

    @Override
    public int sizeBytes() {
        return request.length;
    }

    @Override
    public void writeTo(ByteBuffer target, int connection) {
        if (builds) {
            build();
        }
        target.put(request);
    }

    private void build() {
        int position = bodyStart;
        if (!batch) {
            put(position, VALUE_START);
            putNumber(position + VALUE_START.length);
            put(position + VALUE_START.length + DIGITS, VALUE_REST);
            return;
        }
        position = put(position, BATCH_START);
        for (int i = 0; i < records; i++) {
            position = put(position, RECORD_START);
            position = put(position, VALUE_START);
            position = putNumber(position);
            position = put(position, VALUE_REST);
            position = put(position, RECORD_END) + 1;
        }
    }

    private int put(int position, byte[] bytes) {
        System.arraycopy(bytes, 0, request, position, bytes.length);
        return position + bytes.length;
    }

    private int putNumber(int position) {
        long rest = next++;
        for (int i = position + DIGITS - 1; i >= position; i--) {
            request[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return position + DIGITS;
    }

    private static byte[] template(int records, boolean batch) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (!batch) {
            writeValue(body);
            return body.toByteArray();
        }
        body.writeBytes(BATCH_START);
        for (int i = 0; i < records; i++) {
            if (i > 0) {
                body.write(',');
            }
            body.writeBytes(RECORD_START);
            writeValue(body);
            body.writeBytes(RECORD_END);
        }
        body.writeBytes(BATCH_END);
        return body.toByteArray();
    }

    private static void writeValue(ByteArrayOutputStream body) {
        body.writeBytes(VALUE_START);
        body.writeBytes(ascii(Long.toString(FIRST)));
        body.writeBytes(VALUE_REST);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
