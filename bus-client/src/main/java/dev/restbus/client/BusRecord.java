package dev.restbus.client;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A record that was read from the bus. Immutable; the value's bytes are shared with callers that
 * ask for them and must not be changed.
 */
public final class BusRecord {

    private final String topic;
    private final int partition;
    private final long offset;
    private final long timestamp;
    private final @Nullable String key;
    private final Map<String, String> headers;
    private final RecordValue value;
    private final JsonMapper mapper;

    BusRecord(
            RecordPlace place,
            @Nullable String key,
            Map<String, String> headers,
            RecordValue value,
            JsonMapper mapper) {
        this.topic = place.topic();
        this.partition = place.partition();
        this.offset = place.offset();
        this.timestamp = place.timestamp();
        this.key = key;
        this.headers = Map.copyOf(headers);
        this.value = value;
        this.mapper = mapper;
    }

    public String topic() {
        return topic;
    }

    public int partition() {
        return partition;
    }

    /** The record's number in its partition, from 0. */
    public long offset() {
        return offset;
    }

    /** Epoch milliseconds. */
    public long timestamp() {
        return timestamp;
    }

    /** The key, or null; a key that is not text comes as its base64 form. */
    public @Nullable String key() {
        return key;
    }

    /** Header names as on the wire, lower-cased by the bus where they came as HTTP headers. */
    public Map<String, String> headers() {
        return headers;
    }

    /** The content type of a value that is not JSON, or null. */
    public @Nullable String contentType() {
        return value.contentType();
    }

    /** Whether the value is null: the key was deleted. */
    public boolean isTombstone() {
        return value.kind() == RecordValue.Kind.TOMBSTONE;
    }

    /**
     * The value as it was sent: JSON as its text in UTF-8, text in UTF-8; empty for a tombstone.
     */
    public byte[] bytes() {
        return value.bytes();
    }

    /** The value as text: of a JSON string what it says, of other JSON its text. */
    public String text() {
        if (value.kind() == RecordValue.Kind.JSON && bytes()[0] == '"') {
            return json().asString();
        }
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    /**
     * The value as a JSON tree.
     *
     * @throws tools.jackson.core.JacksonException if it is not JSON
     */
    public JsonNode json() {
        return mapper.readTree(bytes());
    }

    /**
     * The value bound to a class: {@code String}, {@code byte[]}, {@code BusRecord} itself, or
     * anything Jackson can bind.
     *
     * @throws tools.jackson.core.JacksonException if it does not fit
     */
    public <T> T as(Class<T> type) {
        if (type == BusRecord.class) {
            return type.cast(this);
        }
        if (type == String.class) {
            return type.cast(text());
        }
        if (type == byte[].class) {
            return type.cast(bytes());
        }
        return mapper.readValue(bytes(), type);
    }

    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset;
    }
}
