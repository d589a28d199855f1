package dev.restbus.client;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Topics: create, describe, and read by offset without a group. Safe for any number of threads. */
public final class BusTopics {

    private final HttpCalls calls;
    private final JsonMapper mapper;

    BusTopics(HttpCalls calls, JsonMapper mapper) {
        this.calls = calls;
        this.mapper = mapper;
    }

    /**
     * Creates the topic unless it is there, whatever its partitions and config are then.
     *
     * @param config Kafka's names; empty for the defaults
     * @throws BusClientException if it cannot be created
     */
    public void createIfMissing(String topic, int partitions, Map<String, ?> config) {
        Map<String, Object> shape = new LinkedHashMap<>();
        shape.put("partitions", partitions);
        if (!config.isEmpty()) {
            shape.put("config", config);
        }
        try {
            calls.call("PUT", path(topic), mapper.writeValueAsBytes(shape));
        } catch (BusProblemException e) {
            if (!e.code().equals("topic-exists")) {
                throw e;
            }
        }
    }

    /**
     * The topic as it stands.
     *
     * @throws BusProblemException 404 {@code unknown-topic}
     */
    public Topic get(String topic) {
        return WireJson.MAPPER.readValue(calls.call("GET", path(topic), null), Topic.class);
    }

    /**
     * Reads a partition from an offset.
     *
     * @param maxRecords 1 or more
     * @param wait how long to wait for the first record, up to 30 s
     * @throws BusProblemException 404 {@code unknown-topic}, {@code unknown-partition}; 416 {@code
     *     offset-out-of-range}
     */
    public Page read(String topic, int partition, long offset, int maxRecords, Duration wait) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("offset", Long.toString(offset));
        query.put("max", Integer.toString(maxRecords));
        if (!wait.isZero()) {
            query.put("wait", wait.toMillis() + "ms");
        }
        String path =
                path(topic) + "/partitions/" + partition + "/records" + HttpCalls.query(query);
        AnswerReader answer =
                new AnswerReader(
                                calls.answer(calls.start("GET", path, null, wait), wait),
                                mapper,
                                topic)
                        .read();
        return new Page(
                List.copyOf(answer.records),
                answer.nextOffset,
                answer.highWatermark,
                answer.logStartOffset);
    }

    private static String path(String topic) {
        return "/v1/topics/" + HttpCalls.encode(topic);
    }

    /**
     * A topic and its partitions.
     *
     * @param id never reused
     */
    public record Topic(
            String name, String id, int replicationFactor, List<Partition> partitions) {}

    /**
     * A partition's bounds.
     *
     * @param leader the broker that leads it, or null while nobody does
     * @param highWatermark the offset up to which consumers read, exclusive
     */
    public record Partition(
            int partition,
            @Nullable Integer leader,
            long logStartOffset,
            long highWatermark,
            long logEndOffset,
            long sizeBytes) {}

    /**
     * What a read found.
     *
     * @param nextOffset where the next read goes on
     */
    public record Page(
            List<BusRecord> records, long nextOffset, long highWatermark, long logStartOffset) {}
}
