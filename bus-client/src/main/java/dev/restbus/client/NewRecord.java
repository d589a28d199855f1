package dev.restbus.client;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record to send. Immutable, if its value is.
 *
 * @param value {@code byte[]} goes as bytes, null as a tombstone (which needs a key), anything else
 *     as the JSON that Jackson makes of it
 * @param partition explicit partition, or null: then the key decides, and without one the bus
 * @param timestampMs epoch milliseconds, or null for the time at which the bus takes it
 */
public record NewRecord(
        String topic,
        @Nullable String key,
        @Nullable Object value,
        Map<String, String> headers,
        @Nullable Integer partition,
        @Nullable Long timestampMs) {

    public NewRecord {
        headers = Map.copyOf(headers);
    }

    public static NewRecord of(String topic, @Nullable String key, @Nullable Object value) {
        return new NewRecord(topic, key, value, Map.of(), null, null);
    }

    public NewRecord withHeader(String name, String headerValue) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, headerValue);
        return new NewRecord(topic, key, value, more, partition, timestampMs);
    }

    public NewRecord withPartition(int newPartition) {
        return new NewRecord(topic, key, value, headers, newPartition, timestampMs);
    }

    public NewRecord withTimestampMs(long newTimestampMs) {
        return new NewRecord(topic, key, value, headers, partition, newTimestampMs);
    }
}
