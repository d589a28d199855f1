package dev.restbus.client;

import java.io.ByteArrayOutputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How the client writes requests. Stateless. */
final class WireJson {

    /** Reads answers leniently: a newer bus may say more, or leave a number out. */
    static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .build();

    private WireJson() {}

    /** {@code {"records":[…]}}. */
    static byte[] records(JsonMapper values, List<EncodedRecord> records) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = values.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeArrayPropertyStart("records");
            for (EncodedRecord encoded : records) {
                write(json, encoded);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, EncodedRecord encoded) {
        NewRecord record = encoded.record();
        json.writeStartObject();
        if (record.key() != null) {
            json.writeStringProperty("key", record.key());
        }
        if (record.value() instanceof byte[] bytes) {
            json.writeBinaryProperty("valueBase64", bytes);
        } else {
            json.writeName("value");
            json.writeRawValue(encoded.json());
        }
        if (record.partition() != null) {
            json.writeNumberProperty("partition", record.partition());
        }
        if (record.timestampMs() != null) {
            json.writeNumberProperty("timestamp", record.timestampMs());
        }
        if (!record.headers().isEmpty()) {
            json.writePOJOProperty("headers", record.headers());
        }
        json.writeEndObject();
    }

    /** A record with its value's JSON, made once however often it is sent. */
    record EncodedRecord(NewRecord record, String json) {

        static EncodedRecord of(JsonMapper values, NewRecord record) {
            boolean bytes = record.value() instanceof byte[];
            return new EncodedRecord(
                    record, bytes ? "" : values.writeValueAsString(record.value()));
        }

        /** About how much it adds to a request, in bytes. */
        int size() {
            return record.value() instanceof byte[] bytes
                    ? bytes.length * 4 / 3 + 64
                    : json.length() + 64;
        }
    }
}
