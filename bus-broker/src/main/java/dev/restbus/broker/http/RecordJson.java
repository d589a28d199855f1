package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.json.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One record as the JSON object of reads and polls. A value that came as JSON is copied as it was
 * sent, text is a string, other bytes are {@code valueBase64}; a record that is not plain JSON says
 * its {@code contentType}. Stateless.
 */
public final class RecordJson {

    private static final byte[] TOPIC = ascii("{\"topic\":");
    private static final byte[] PARTITION_NEXT = ascii(",\"partition\":");
    private static final byte[] PARTITION_FIRST = ascii("{\"partition\":");
    private static final byte[] OFFSET = ascii(",\"offset\":");
    private static final byte[] TIMESTAMP = ascii(",\"timestamp\":");
    private static final byte[] KEY = ascii(",\"key\":");
    private static final byte[] KEY_BASE64 = ascii(",\"keyBase64\":");
    private static final byte[] NULL_KEY = ascii(",\"key\":null");
    private static final byte[] VALUE = ascii(",\"value\":");
    private static final byte[] VALUE_BASE64 = ascii(",\"valueBase64\":");
    private static final byte[] NULL_VALUE = ascii(",\"value\":null");
    private static final byte[] CONTENT_TYPE = ascii(",\"contentType\":");
    private static final byte[] HEADERS = ascii(",\"headers\":{");
    private static final byte[] NO_HEADERS = ascii(",\"headers\":{}}");
    private static final byte[] END = ascii("}}");
    private static final byte[] CONTENT_TYPE_NAME = ascii(RecordHeaders.CONTENT_TYPE);

    private RecordJson() {}

    /**
     * Writes the record the reader stands on.
     *
     * @param topic the record's topic where the answer spans several, else null
     * @param batchHasJson the batch's {@link dev.restbus.api.batch.RecordBatch#JSON_VALUES}
     */
    public static void write(
            JsonBytes out,
            @Nullable String topic,
            int partition,
            RecordReader record,
            boolean batchHasJson) {
        if (topic == null) {
            out.raw(PARTITION_FIRST);
        } else {
            out.raw(TOPIC).string(topic).raw(PARTITION_NEXT);
        }
        out.number(partition).raw(OFFSET).number(record.offset());
        out.raw(TIMESTAMP).number(record.timestampMs());
        writeKey(out, record);
        if (record.headerCount() == 0) {
            writeValue(out, record, batchHasJson ? ValueKind.JSON : ValueKind.BYTES);
            out.raw(NO_HEADERS);
            return;
        }
        String contentType = record.header(RecordHeaders.CONTENT_TYPE);
        writeValue(out, record, ValueKind.of(contentType, batchHasJson));
        if (contentType != null) {
            out.raw(CONTENT_TYPE).string(contentType);
        }
        writeHeaders(out, record);
    }

    /** How a value is shown. */
    enum ValueKind {
        JSON,
        TEXT,
        BYTES;

        /** By the record's content type, or the batch's mark where it has none. */
        static ValueKind of(@Nullable String contentType, boolean batchHasJson) {
            if (contentType == null) {
                return batchHasJson ? JSON : BYTES;
            }
            String type = mediaType(contentType);
            if (isJson(type)) {
                return JSON;
            }
            return type.startsWith("text/") ? TEXT : BYTES;
        }

        /** {@code application/json}, {@code text/json} or {@code *+json}. */
        static boolean isJson(String mediaType) {
            return mediaType.endsWith("/json") || mediaType.endsWith("+json");
        }

        static String mediaType(String contentType) {
            int end = contentType.indexOf(';');
            String type = end < 0 ? contentType : contentType.substring(0, end);
            return type.trim().toLowerCase(Locale.ROOT);
        }
    }

    private static void writeKey(JsonBytes out, RecordReader record) {
        if (!record.hasKey()) {
            out.raw(NULL_KEY);
        } else if (Utf8.isValid(record.bytes(), record.keyAt(), record.keyLength())) {
            out.raw(KEY).string(record.bytes(), record.keyAt(), record.keyLength());
        } else {
            out.raw(KEY_BASE64).base64(record.bytes(), record.keyAt(), record.keyLength());
        }
    }

    private static void writeValue(JsonBytes out, RecordReader record, ValueKind kind) {
        byte[] bytes = record.bytes();
        int at = record.valueAt();
        int length = record.valueLength();
        if (!record.hasValue()) {
            out.raw(NULL_VALUE);
        } else if (kind == ValueKind.JSON) {
            out.raw(VALUE).raw(bytes, at, length);
        } else if (kind == ValueKind.TEXT && Utf8.isValid(bytes, at, length)) {
            out.raw(VALUE).string(bytes, at, length);
        } else {
            out.raw(VALUE_BASE64).base64(bytes, at, length);
        }
    }

    /** A name stands once, with the value that came last, as Kafka's own lookup has it. */
    private static void writeHeaders(JsonBytes out, RecordReader record) {
        Map<String, String> headers = new LinkedHashMap<>();
        record.headers(
                (name, value) -> {
                    if (!isContentType(name)) {
                        headers.put(name.text(), value == null ? "" : value.text());
                    }
                });
        out.raw(HEADERS);
        int begin = out.length();
        headers.forEach(
                (name, value) -> {
                    if (out.length() > begin) {
                        out.ascii(",");
                    }
                    out.string(name).ascii(":").string(value);
                });
        out.raw(END);
    }

    private static boolean isContentType(Slice name) {
        return java.util.Arrays.equals(
                name.bytes(),
                name.at(),
                name.at() + name.length(),
                CONTENT_TYPE_NAME,
                0,
                CONTENT_TYPE_NAME.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
