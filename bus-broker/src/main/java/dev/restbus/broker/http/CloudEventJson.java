package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.json.MemberNames;
import dev.restbus.door.json.StrictJson;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Events in CloudEvents' JSON format, read as a stream: each is checked and handed on as it stands
 * in the body. Used once.
 *
 * @see <a
 *     href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md">CloudEvents
 *     JSON format</a>
 */
final class CloudEventJson {

    /** Takes each event, in order. */
    @FunctionalInterface
    interface Sink {
        /** The partition key is that of the partitioning extension. */
        void event(Slice json, @Nullable String partitionKey);
    }

    private final Slice body;
    private final Sink sink;
    private final MemberNames names = new MemberNames();

    /** Of the event being read; empty where it is the body. */
    private String at = "";

    private boolean hasData;

    private CloudEventJson(Slice body, Sink sink) {
        this.body = body;
        this.sink = sink;
    }

    /**
     * Reads a body that is one event.
     *
     * @throws BusException 400 for what is not such a JSON document, 422 for what is not an event
     */
    static void readOne(Slice body, Sink sink) {
        new CloudEventJson(body, sink).read(false);
    }

    /** Reads a body that is an array of events; as {@link #readOne}. */
    static void readBatch(Slice body, Sink sink) {
        new CloudEventJson(body, sink).read(true);
    }

    private void read(boolean batch) {
        StrictJson.requireUtf8(body.bytes(), body.at(), body.length());
        try (JsonParser parser = JsonValues.parser(body)) {
            parser.nextToken();
            if (batch) {
                readEvents(parser);
            } else {
                readEvent(parser);
            }
            at = "";
            if (parser.nextToken() != null) {
                throw ProblemCode.MALFORMED_JSON.exceptionAt("", "there is more behind the end");
            }
        } catch (JacksonException e) {
            throw JsonValues.problem(e, at);
        }
    }

    private void readEvents(JsonParser parser) {
        require(parser, JsonToken.START_ARRAY, "", "an array of events");
        int index = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            at = "/" + index++;
            readEvent(parser);
        }
        if (index == 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt("", "there is no event to store");
        }
    }

    private void readEvent(JsonParser parser) {
        require(parser, JsonToken.START_OBJECT, at, "an event, which is an object");
        int from = (int) parser.currentTokenLocation().getByteOffset();
        String base = at;
        CloudEventAttributes attributes = new CloudEventAttributes(name -> base + "/" + name);
        hasData = false;
        names.open();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            readMember(parser, attributes);
        }
        names.close();
        attributes.requireValid();
        int to = (int) parser.currentLocation().getByteOffset();
        sink.event(new Slice(body.bytes(), body.at() + from, to - from), attributes.partitionKey());
    }

    private void readMember(JsonParser parser, CloudEventAttributes attributes) {
        String name = parser.currentName();
        try {
            names.add(name);
            JsonToken token = parser.nextToken();
            if (name.equals("data") || name.equals("data_base64")) {
                readData(parser, name);
            } else if (token != JsonToken.VALUE_NULL) {
                attributes.put(name, text(parser, name));
            }
        } catch (BusException e) {
            throw e.problem().errors().isEmpty() ? JsonValues.at(e, at) : e;
        }
    }

    private void readData(JsonParser parser, String name) {
        String where = at + "/" + name;
        boolean none = parser.currentToken() == JsonToken.VALUE_NULL;
        if (hasData && !none) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where, "an event has either data or data_base64");
        }
        hasData |= !none;
        if (name.equals("data") || none) {
            names.skip(parser);
            return;
        }
        require(parser, JsonToken.VALUE_STRING, where, "a string");
        try {
            Base64.getDecoder().decode(parser.getString());
        } catch (IllegalArgumentException e) {
            throw ProblemCode.MALFORMED_ENCODING.exceptionAt(
                    where, "not base64: " + e.getMessage());
        }
    }

    /** CloudEvents knows strings, integers and booleans; its own attributes are strings. */
    private String text(JsonParser parser, String name) {
        boolean own =
                switch (name) {
                    case "specversion", "id", "source", "type", "subject", "time" -> true;
                    case "dataschema", "datacontenttype", "partitionkey" -> true;
                    default -> false;
                };
        switch (parser.currentToken()) {
            case VALUE_STRING:
                return parser.getString();
            case VALUE_NUMBER_INT, VALUE_TRUE, VALUE_FALSE:
                if (!own) {
                    return parser.getString();
                }
                throw wrongType(name, "a string");
            default:
                throw wrongType(name, own ? "a string" : "a string, a whole number or a boolean");
        }
    }

    private BusException wrongType(String name, String what) {
        return ProblemCode.WRONG_TYPE.exceptionAt(at + "/" + name, "expected " + what);
    }

    private static void require(JsonParser parser, JsonToken wanted, String where, String what) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw ProblemCode.MALFORMED_JSON.exceptionAt(where, "the document ends too early");
        }
        if (token != wanted) {
            throw ProblemCode.WRONG_TYPE.exceptionAt(where, "expected " + what);
        }
    }
}
