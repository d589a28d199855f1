package dev.restbus.door.json;

import dev.restbus.api.BusException;
import dev.restbus.api.fuzz.Fuzzing;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The three ways of telling whether bytes are JSON agree. */
public class JsonFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        try {
            StrictJson.requireUtf8(input, 0, input.length);
        } catch (BusException e) {
            return;
        }
        boolean streamed = isStreamed(input);
        if (PlainJson.isSurely(input, 0, input.length) && !streamed) {
            throw new IllegalStateException("plain JSON that the parser refuses");
        }
        if (streamed != isWalked(input)) {
            throw new IllegalStateException("member names: " + streamed);
        }
        try {
            StrictJson.mapper().readTree(input);
        } catch (JacksonException e) {
            StrictJson.problem(e);
        }
    }

    /** With the bus's own detection of duplicates. */
    private static boolean isStreamed(byte[] json) {
        try (JsonParser parser = parser(StrictJson.streaming(), json)) {
            if (parser.nextToken() == null) {
                return false;
            }
            new MemberNames().skip(parser);
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            StrictJson.problem(e);
            return false;
        } catch (BusException e) {
            return false;
        }
    }

    /** With Jackson's. */
    private static boolean isWalked(byte[] json) {
        try (JsonParser parser = parser(StrictJson.factory(), json)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }

    private static JsonParser parser(JsonFactory factory, byte[] json) {
        return factory.createParser(ObjectReadContext.empty(), json, 0, json.length);
    }
}
