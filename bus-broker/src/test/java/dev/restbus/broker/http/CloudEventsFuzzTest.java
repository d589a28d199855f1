package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.fuzz.Fuzzing;
import dev.restbus.door.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An event in JSON or in headers is refused, or has what CloudEvents asks for. */
public class CloudEventsFuzzTest extends Fuzzing {

    private record Event(String json, @Nullable String key) {}

    public static void fuzzerTestOneInput(byte[] input) {
        structured(input);
        batch(input);
        headers(new String(input, StandardCharsets.ISO_8859_1));
        String text = new String(input, StandardCharsets.UTF_8);
        String header = CloudEventText.encode(text);
        require(text.equals(CloudEventText.decode("x", header)), "a header of any text");
        require(header.chars().allMatch(c -> c > 0x20 && c < 0x7f), "a header is visible");
    }

    private static void structured(byte[] input) {
        List<Event> one = new ArrayList<>();
        try {
            CloudEventJson.readOne(
                    Slice.of(input), (json, key) -> one.add(new Event(json.text(), key)));
        } catch (BusException e) {
            return;
        }
        require(one.size() == 1, "one event");
        requireEvent(one.get(0));
        List<Event> asBatch = new ArrayList<>();
        byte[] array = new byte[input.length + 2];
        array[0] = '[';
        System.arraycopy(input, 0, array, 1, input.length);
        array[array.length - 1] = ']';
        if (one.get(0).json().chars().filter(c -> c == '{' || c == '[').count() < 60) {
            CloudEventJson.readBatch(
                    Slice.of(array), (json, key) -> asBatch.add(new Event(json.text(), key)));
            require(one.equals(asBatch), "the same event alone and in a batch");
        }
    }

    private static void batch(byte[] input) {
        List<Event> events = new ArrayList<>();
        try {
            CloudEventJson.readBatch(
                    Slice.of(input), (json, key) -> events.add(new Event(json.text(), key)));
        } catch (BusException e) {
            return;
        }
        require(StrictJson.mapper().readTree(input).size() == events.size(), "count");
        events.forEach(CloudEventsFuzzTest::requireEvent);
    }

    private static void requireEvent(Event event) {
        JsonNode json = StrictJson.mapper().readTree(event.json());
        require(json.get("specversion").stringValue().equals("1.0"), "specversion");
        for (String name : List.of("id", "source", "type")) {
            require(!json.get(name).stringValue().isEmpty(), name);
        }
        JsonNode key = json.get("partitionkey");
        String expected = key == null || key.isNull() ? null : key.stringValue();
        require(Objects.equals(expected, event.key()), "partition key");
    }

    /** One header a line. */
    private static void headers(String text) {
        CloudEventAttributes attributes = new CloudEventAttributes(name -> "ce-" + name);
        try {
            for (String line : text.split("\n")) {
                String[] pair = line.split(":", 2);
                if (pair.length == 2) {
                    attributes.put(pair[0], CloudEventText.decode(pair[0], pair[1]));
                }
            }
            attributes.requireValid();
            attributes.addTo(new RecordHeaders());
        } catch (BusException e) {
            // Refused.
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
