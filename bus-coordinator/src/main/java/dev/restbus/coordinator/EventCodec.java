package dev.restbus.coordinator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import dev.restbus.coordinator.group.GroupEvent.AssignmentConfirmed;
import dev.restbus.coordinator.group.GroupEvent.GroupConfigured;
import dev.restbus.coordinator.group.GroupEvent.GroupDeleted;
import dev.restbus.coordinator.group.GroupEvent.MemberChanged;
import dev.restbus.coordinator.group.GroupEvent.MemberJoined;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import dev.restbus.coordinator.group.GroupEvent.Rebalanced;
import dev.restbus.coordinator.group.GroupEvent.SeatTaken;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.topic.TopicEvent.PartitionsChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicCreated;
import dev.restbus.coordinator.topic.TopicEvent.TopicDeleted;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Events between records and their form in the journal: {@code {"type":…,"version":1,"event":{…}}}.
 * Thread-safe.
 */
final class EventCodec {

    private static final int VERSION = 1;

    /** The names are part of the journal's format: a class may be renamed, its name here not. */
    private static final Map<String, Class<? extends Event>> TYPES =
            Map.ofEntries(
                    Map.entry("BrokerRegistered", BrokerRegistered.class),
                    Map.entry("TopicCreated", TopicCreated.class),
                    Map.entry("TopicChanged", TopicChanged.class),
                    Map.entry("PartitionsChanged", PartitionsChanged.class),
                    Map.entry("TopicDeleted", TopicDeleted.class),
                    Map.entry("MemberJoined", MemberJoined.class),
                    Map.entry("SeatTaken", SeatTaken.class),
                    Map.entry("MemberChanged", MemberChanged.class),
                    Map.entry("MemberLeft", MemberLeft.class),
                    Map.entry("Rebalanced", Rebalanced.class),
                    Map.entry("AssignmentConfirmed", AssignmentConfirmed.class),
                    Map.entry("GroupConfigured", GroupConfigured.class),
                    Map.entry("GroupDeleted", GroupDeleted.class));

    private static final Map<Class<?>, String> NAMES = names();

    private final JsonMapper json =
            JsonMapper.builder()
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .changeDefaultPropertyInclusion(
                            all -> all.withValueInclusion(JsonInclude.Include.NON_NULL))
                    .build();

    byte[] encode(Event event) {
        String type = NAMES.get(event.getClass());
        if (type == null) {
            throw new IllegalArgumentException("no name in the journal for " + event.getClass());
        }
        return json.writeValueAsBytes(new Envelope(type, VERSION, json.valueToTree(event)));
    }

    List<byte[]> encode(List<? extends Event> events) {
        return events.stream().map(this::encode).toList();
    }

    /**
     * Reads one event back.
     *
     * @throws IOException if it is damaged or of a version this program does not know
     */
    Event decode(byte[] bytes) throws IOException {
        try {
            Envelope envelope = json.readValue(bytes, Envelope.class);
            Class<? extends Event> type = TYPES.get(envelope.type());
            if (type == null || envelope.version() != VERSION) {
                throw new IOException(
                        "the journal holds an event "
                                + envelope.type()
                                + " of version "
                                + envelope.version()
                                + ", which this program does not know");
            }
            return json.treeToValue(envelope.event(), type);
        } catch (JacksonException e) {
            throw new IOException("the journal holds an event that cannot be read", e);
        }
    }

    private static Map<Class<?>, String> names() {
        Map<Class<?>, String> names = new HashMap<>();
        TYPES.forEach((name, type) -> names.put(type, name));
        return names;
    }

    private record Envelope(String type, int version, JsonNode event) {}
}
