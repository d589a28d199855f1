package dev.restbus.sample.notification.failed;

import dev.restbus.client.BusRecord;
import dev.restbus.client.NewRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A record of the topic of failed messages.
 *
 * @param id {@code <partition>-<offset>} there
 * @param topic where it came from, as are partition and offset
 * @param attempts how often its delivery was tried
 * @param failedAt epoch milliseconds
 * @param redriveCount how often it was sent back before
 * @param value what can be corrected
 * @param headers those it had when it was sent
 * @param sentBackTo where its corrected copy is, {@code <partition>-<offset>}, or null
 */
record FailedMessage(
        String id,
        String topic,
        int partition,
        long offset,
        int attempts,
        String error,
        long failedAt,
        int redriveCount,
        @Nullable String key,
        JsonNode value,
        Map<String, String> headers,
        @Nullable String sentBackTo) {

    static final String REDRIVE_COUNT = "redrivecount";

    /** The bus puts headers of its own on a dead letter. */
    private static final String BUS_PREFIX = "bus-dlq-";

    static FailedMessage of(BusRecord record, @Nullable String sentBackTo) {
        Map<String, String> all = record.headers();
        Map<String, String> own = new LinkedHashMap<>(all);
        own.keySet().removeIf(name -> name.startsWith(BUS_PREFIX));
        return new FailedMessage(
                record.partition() + "-" + record.offset(),
                all.getOrDefault(BUS_PREFIX + "origin-topic", "unknown"),
                number(all, BUS_PREFIX + "origin-partition"),
                number(all, BUS_PREFIX + "origin-offset"),
                number(all, BUS_PREFIX + "attempts"),
                all.getOrDefault(BUS_PREFIX + "error-message", ""),
                record.timestamp(),
                number(all, REDRIVE_COUNT),
                record.key(),
                record.json(),
                own,
                sentBackTo);
    }

    /** The copy that goes back where this came from. */
    NewRecord corrected(JsonNode newValue) {
        return new NewRecord(topic, key, newValue, headers, partition, null)
                .withHeader(REDRIVE_COUNT, Integer.toString(redriveCount + 1));
    }

    private static int number(Map<String, String> headers, String name) {
        String text = headers.getOrDefault(name, "0");
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    }
}
