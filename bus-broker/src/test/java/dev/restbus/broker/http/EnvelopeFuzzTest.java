package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.fuzz.Fuzzing;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.broker.publish.TestDrafts;
import dev.restbus.broker.publish.TestDrafts.Copy;
import dev.restbus.door.json.StrictJson;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A body of records is refused, or its records are those that a tree of it has. */
public class EnvelopeFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        RecordDraft draft = TestDrafts.draft(1);
        // The body need not begin where its array does.
        byte[] around = new byte[input.length + 2];
        System.arraycopy(input, 0, around, 1, input.length);
        try {
            EnvelopeParser.parse(new Slice(around, 1, input.length), draft);
        } catch (BusException e) {
            return;
        }
        JsonNode records = StrictJson.mapper().readTree(input).get("records");
        List<Copy> stored = TestDrafts.records(draft, 0);
        require(records.size() == stored.size(), "count");
        for (int i = 0; i < stored.size(); i++) {
            requireSame(records.get(i), stored.get(i));
        }
    }

    private static void requireSame(JsonNode record, Copy stored) {
        JsonNode key = record.get("key");
        if (key != null && key.isString()) {
            require(
                    Arrays.equals(Slice.utf8(key.stringValue()).bytes(), stored.key().copy()),
                    "key");
        }
        JsonNode value = record.get("value");
        if (value == null) {
            return;
        }
        require(value.isNull() == (stored.value() == null), "tombstone");
        boolean plain = stored.headers().stream().noneMatch(h -> h.startsWith("content-type="));
        if (!value.isNull() && plain) {
            require(JsonValues.isValid(stored.value()), "a value that is not JSON");
            JsonNode kept = StrictJson.mapper().readTree(stored.value().copy());
            require(value.equals(kept), "value");
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
