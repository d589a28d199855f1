package dev.restbus.client;

import dev.restbus.api.control.TopicPartition;
import dev.restbus.client.RecordValue.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the answer of a poll or a read as a stream. JSON values are cut out of the answer as they
 * stand, so that numbers and spacing stay what the producer wrote. Members it does not know are
 * skipped. Used once, by one thread.
 */
final class AnswerReader {

    private final byte[] answer;
    private final JsonMapper values;
    private final String defaultTopic;

    final List<BusRecord> records = new ArrayList<>();
    final List<TopicPartition> assignment = new ArrayList<>();
    @Nullable String batch;
    long memberEpoch;
    boolean rebalancing;
    long nextOffset;
    long highWatermark;
    long logStartOffset;

    /**
     * @param defaultTopic the topic of records that do not name theirs
     */
    AnswerReader(byte[] answer, JsonMapper values, String defaultTopic) {
        this.answer = answer;
        this.values = values;
        this.defaultTopic = defaultTopic;
    }

    AnswerReader read() {
        try (JsonParser json = WireJson.MAPPER.createParser(answer)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                readMember(json, json.currentName());
            }
        }
        return this;
    }

    private void readMember(JsonParser json, String name) {
        json.nextToken();
        switch (name) {
            case "records" -> readItems(json, () -> records.add(readRecord(json)));
            case "assignment" -> readItems(json, () -> assignment.add(readPartition(json)));
            case "batch" -> batch = json.getValueAsString();
            case "memberEpoch" -> memberEpoch = json.getValueAsLong();
            case "rebalancing" -> rebalancing = json.getValueAsBoolean();
            case "nextOffset" -> nextOffset = json.getValueAsLong();
            case "highWatermark" -> highWatermark = json.getValueAsLong();
            case "logStartOffset" -> logStartOffset = json.getValueAsLong();
            default -> json.skipChildren();
        }
    }

    private static void readItems(JsonParser json, Runnable item) {
        while (json.nextToken() == JsonToken.START_OBJECT) {
            item.run();
        }
    }

    private TopicPartition readPartition(JsonParser json) {
        String topic = defaultTopic;
        int partition = 0;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "topic" -> topic = json.getString();
                case "partition" -> partition = json.getIntValue();
                default -> json.skipChildren();
            }
        }
        return new TopicPartition(topic, partition);
    }

    private BusRecord readRecord(JsonParser json) {
        String topic = defaultTopic;
        int partition = 0;
        long offset = 0;
        long timestamp = 0;
        String key = null;
        String contentType = null;
        RecordValue value = RecordValue.TOMBSTONE;
        Map<String, String> headers = Map.of();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken token = json.nextToken();
            switch (name) {
                case "topic" -> topic = json.getString();
                case "partition" -> partition = json.getIntValue();
                case "offset" -> offset = json.getLongValue();
                case "timestamp" -> timestamp = json.getLongValue();
                case "key", "keyBase64" -> key = json.getValueAsString();
                case "contentType" -> contentType = json.getValueAsString();
                case "value" -> value = spliced(json, token);
                case "valueBase64" -> value = decoded(json.getString());
                case "headers" -> headers = readHeaders(json);
                default -> json.skipChildren();
            }
        }
        RecordPlace place = new RecordPlace(topic, partition, offset, timestamp);
        return new BusRecord(place, key, headers, typed(value, contentType), values);
    }

    private static Map<String, String> readHeaders(JsonParser json) {
        Map<String, String> headers = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            json.nextToken();
            String text = json.getValueAsString();
            json.skipChildren();
            headers.put(name, text == null ? "" : text);
        }
        return headers;
    }

    private RecordValue spliced(JsonParser json, JsonToken token) {
        if (token == JsonToken.VALUE_NULL) {
            return RecordValue.TOMBSTONE;
        }
        int from = (int) json.currentTokenLocation().getByteOffset();
        json.skipChildren();
        json.finishToken();
        int to = (int) json.currentLocation().getByteOffset();
        return new RecordValue(Kind.JSON, Arrays.copyOfRange(answer, from, to), null);
    }

    private static RecordValue decoded(String base64) {
        return new RecordValue(Kind.BYTES, Base64.getDecoder().decode(base64), null);
    }

    /** A string beside a content type that is not JSON is the text itself, not a JSON string. */
    private static RecordValue typed(RecordValue value, @Nullable String contentType) {
        if (contentType == null || value.kind() != Kind.JSON) {
            return new RecordValue(value.kind(), value.bytes(), contentType);
        }
        if (contentType.contains("json")) {
            return new RecordValue(Kind.JSON, value.bytes(), contentType);
        }
        String text = WireJson.MAPPER.readValue(value.bytes(), String.class);
        return new RecordValue(Kind.TEXT, text.getBytes(StandardCharsets.UTF_8), contentType);
    }
}
