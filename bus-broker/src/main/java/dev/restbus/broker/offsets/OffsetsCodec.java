package dev.restbus.broker.offsets;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.restbus.api.batch.Slice;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The records of {@code __consumer_offsets}: key and value are JSON, so that anyone can read the
 * topic; a tombstone forgets the key. Members that a later version adds are ignored. Stateless.
 */
final class OffsetsCodec {

    /** Stands in every key; another number is a kind of record that this version does not know. */
    static final int VERSION = 1;

    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .changeDefaultPropertyInclusion(
                            all -> all.withValueInclusion(JsonInclude.Include.NON_NULL))
                    .build();

    private OffsetsCodec() {}

    private record Key(int v, String group, java.util.UUID topicId, int partition) {}

    static Slice key(OffsetKey key) {
        return Slice.of(
                MAPPER.writeValueAsBytes(
                        new Key(VERSION, key.group(), key.topicId(), key.partition())));
    }

    static Slice value(OffsetEntry entry) {
        return Slice.of(MAPPER.writeValueAsBytes(entry));
    }

    /** Null for a record of a kind that this version does not know. */
    static @Nullable OffsetKey readKey(Slice bytes) {
        Key key = read(bytes, Key.class);
        return key.v() == VERSION
                ? new OffsetKey(key.group(), key.topicId(), key.partition())
                : null;
    }

    static OffsetEntry readValue(Slice bytes) {
        return read(bytes, OffsetEntry.class);
    }

    private static <T> T read(Slice bytes, Class<T> type) {
        try {
            return MAPPER.readValue(bytes.bytes(), bytes.at(), bytes.length(), type);
        } catch (JacksonException e) {
            throw new IllegalStateException(
                    "not a record of the offsets topic: " + bytes.text(), e);
        }
    }
}
