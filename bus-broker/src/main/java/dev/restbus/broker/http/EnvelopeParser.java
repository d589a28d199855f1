package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.door.json.MemberNames;
import dev.restbus.door.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads {@code {"records":[…]}} as a stream, or one such record a line, straight into a draft:
 * values are taken as they stand in the body, never bound or written again. Used for one draft.
 */
final class EnvelopeParser {

    private static final String BYTES = "application/octet-stream";

    private Slice body;
    private final RecordDraft draft;
    private final boolean ofLines;
    private final RecordHeaders headers = new RecordHeaders();
    private final MemberNames names = new MemberNames();

    /** Of the record being read; -1 outside of records. */
    private int index = -1;

    // The record being read.
    private @Nullable Slice key;
    private @Nullable Slice value;
    private boolean valueSeen;
    private boolean valueIsString;
    private boolean valueIsBase64;
    private int partition;
    private long timestampMs;
    private @Nullable String contentType;

    private EnvelopeParser(Slice body, RecordDraft draft, boolean ofLines) {
        this.body = body;
        this.draft = draft;
        this.ofLines = ofLines;
    }

    /** For records that stand one a line; pointers are those within a line. */
    static EnvelopeParser ofLines(RecordDraft draft) {
        return new EnvelopeParser(new Slice(new byte[0], 0, 0), draft, true);
    }

    /**
     * Adds the record of one line to the draft.
     *
     * @throws BusException as {@link #parse}; the draft is as it was, and this parser of no use
     */
    void parseLine(Slice line) {
        body = line;
        StrictJson.requireUtf8(line.bytes(), line.at(), line.length());
        try (JsonParser parser = JsonValues.parser(line)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT, "", "a record object a line");
            readRecord(parser);
        } catch (JacksonException e) {
            throw JsonValues.problem(e, "");
        }
    }

    /**
     * Adds every record of the body to the draft.
     *
     * @throws BusException 400 for what is not such a JSON document, 422 for what is not allowed,
     *     each with its pointer
     */
    static void parse(Slice body, RecordDraft draft) {
        StrictJson.requireUtf8(body.bytes(), body.at(), body.length());
        EnvelopeParser envelope = new EnvelopeParser(body, draft, false);
        try (JsonParser parser = JsonValues.parser(body)) {
            envelope.readBody(parser);
        } catch (JacksonException e) {
            throw JsonValues.problem(e, envelope.at(""));
        }
    }

    private void readBody(JsonParser parser) {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "", "an object with \"records\"");
        boolean seen = false;
        names.open();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = member(parser);
            if (!name.equals("records")) {
                throw unknownField("/" + name, name);
            }
            seen = true;
            readRecords(parser);
        }
        requireEnd(parser);
        if (!seen) {
            throw ProblemCode.MISSING_FIELD.exceptionAt("/records", "\"records\" is missing");
        }
        if (draft.count() == 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt("/records", "there is no record to store");
        }
    }

    private static void requireEnd(JsonParser parser) {
        if (parser.nextToken() != null) {
            throw ProblemCode.MALFORMED_JSON.exceptionAt("", "there is more behind the document");
        }
    }

    private void readRecords(JsonParser parser) {
        expect(parser.nextToken(), JsonToken.START_ARRAY, "/records", "an array");
        JsonToken token = parser.nextToken();
        while (token != JsonToken.END_ARRAY) {
            index++;
            if (token != JsonToken.START_OBJECT) {
                throw wrongType(token, at(""), "an object");
            }
            readRecord(parser);
            token = parser.nextToken();
        }
        index = -1;
    }

    /** The pointer of a member of the record being read. */
    private String at(String member) {
        if (ofLines) {
            return member;
        }
        return index < 0 ? "" : "/records/" + index + member;
    }

    private void readRecord(JsonParser parser) {
        key = null;
        value = null;
        valueSeen = false;
        valueIsString = false;
        valueIsBase64 = false;
        partition = RecordDraft.ANY_PARTITION;
        timestampMs = RecordDraft.NO_TIMESTAMP;
        contentType = null;
        headers.clear();
        names.open();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            readMember(parser, member(parser));
        }
        names.close();
        if (ofLines) {
            requireEnd(parser);
        }
        finishRecord();
    }

    /** The name of the member the parser stands on, the first of its object. */
    private String member(JsonParser parser) {
        String name = parser.currentName();
        try {
            names.add(name);
        } catch (BusException e) {
            throw JsonValues.at(e, at(""));
        }
        return name;
    }

    private void skip(JsonParser parser) {
        try {
            names.skip(parser);
        } catch (BusException e) {
            throw JsonValues.at(e, at(""));
        }
    }

    private void readMember(JsonParser parser, String name) {
        switch (name) {
            case "value" -> readValue(parser);
            case "key" -> readKey(parser);
            case "partition" -> partition = readPartition(parser);
            case "headers" -> readHeaders(parser);
            case "timestamp" -> timestampMs = readTimestamp(parser);
            case "keyBase64" -> readKeyBase64(parser);
            case "valueBase64" -> readValueBase64(parser);
            default -> throw unknownField(at("/" + name), name);
        }
    }

    private void readValue(JsonParser parser) {
        requireNoValueYet("/value");
        JsonToken token = parser.nextToken();
        int from = (int) parser.currentTokenLocation().getByteOffset();
        if (token == JsonToken.VALUE_NULL) {
            valueSeen = true;
            return;
        }
        skip(parser);
        int to = (int) parser.currentLocation().getByteOffset();
        value = new Slice(body.bytes(), body.at() + from, to - from);
        valueSeen = true;
        valueIsString = token == JsonToken.VALUE_STRING;
    }

    private void readValueBase64(JsonParser parser) {
        requireNoValueYet("/valueBase64");
        value = base64(parser, "/valueBase64");
        valueSeen = true;
        valueIsBase64 = true;
    }

    private void requireNoValueYet(String member) {
        if (valueSeen) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at(member), "a record has either value or valueBase64");
        }
    }

    private void readKey(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return;
        }
        requireNoKeyYet("/key");
        if (token != JsonToken.VALUE_STRING) {
            throw wrongType(token, at("/key"), "a string or null");
        }
        key = Slice.utf8(parser.getString());
    }

    private void readKeyBase64(JsonParser parser) {
        requireNoKeyYet("/keyBase64");
        key = base64(parser, "/keyBase64");
    }

    private void requireNoKeyYet(String member) {
        if (key != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at(member), "a record has either key or keyBase64");
        }
    }

    private Slice base64(JsonParser parser, String member) {
        expect(parser.nextToken(), JsonToken.VALUE_STRING, at(member), "a string");
        try {
            return Slice.of(Base64.getDecoder().decode(parser.getString()));
        } catch (IllegalArgumentException e) {
            throw ProblemCode.MALFORMED_ENCODING.exceptionAt(
                    at(member), "not base64: " + e.getMessage());
        }
    }

    private int readPartition(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return RecordDraft.ANY_PARTITION;
        }
        long number = wholeNumber(parser, token, "/partition");
        if (number < 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at("/partition"), "a partition is 0 or more, not " + number);
        }
        return (int) Math.min(number, Integer.MAX_VALUE);
    }

    private long readTimestamp(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return RecordDraft.NO_TIMESTAMP;
        }
        long number = wholeNumber(parser, token, "/timestamp");
        if (number < 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at("/timestamp"), "a timestamp is epoch milliseconds, not " + number);
        }
        return number;
    }

    private long wholeNumber(JsonParser parser, JsonToken token, String member) {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw wrongType(token, at(member), "a whole number or null");
        }
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(at(member), "the number is out of range");
        }
        return parser.getLongValue();
    }

    private void readHeaders(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return;
        }
        String where = at("/headers");
        expect(token, JsonToken.START_OBJECT, where, "an object of strings");
        names.open();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = member(parser);
            expect(parser.nextToken(), JsonToken.VALUE_STRING, where + "/" + name, "a string");
            String text = parser.getString();
            HeaderLimits.check(where + "/" + name, name, text);
            if (name.toLowerCase(Locale.ROOT).equals(RecordHeaders.CONTENT_TYPE)) {
                contentType = text;
            } else {
                headers.add(name, text);
            }
        }
        names.close();
        HeaderLimits.checkAll(where, headers);
    }

    private void finishRecord() {
        if (!valueSeen) {
            throw ProblemCode.MISSING_FIELD.exceptionAt(
                    at("/value"), "a record has a value (null for a tombstone)");
        }
        if (value == null && key == null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at("/value"), "a tombstone (\"value\":null) needs a key");
        }
        applyContentType();
        draft.add(partition, timestampMs, key, value, headers);
    }

    /**
     * A value that is not plain JSON is stored with its type; text is stored without its quotes.
     */
    private void applyContentType() {
        if (valueIsBase64) {
            headers.add(RecordHeaders.CONTENT_TYPE, contentType == null ? BYTES : contentType);
            requireJsonBytes();
            return;
        }
        if (contentType == null) {
            return;
        }
        RecordJson.ValueKind kind = RecordJson.ValueKind.of(contentType, false);
        if (kind == RecordJson.ValueKind.TEXT && valueIsString && value != null) {
            value = Slice.of(JsonValues.text(value).getBytes(StandardCharsets.UTF_8));
        } else if (kind != RecordJson.ValueKind.JSON && value != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    at("/headers/content-type"),
                    "a value of type " + contentType + " is sent as valueBase64");
        }
        headers.add(RecordHeaders.CONTENT_TYPE, contentType);
    }

    private void requireJsonBytes() {
        if (contentType != null
                && value != null
                && RecordJson.ValueKind.of(contentType, false) == RecordJson.ValueKind.JSON) {
            JsonValues.require(value, at("/valueBase64"));
        }
    }

    private static void expect(
            @Nullable JsonToken token, JsonToken wanted, String where, String what) {
        if (token != wanted) {
            throw wrongType(token, where, what);
        }
    }

    private static BusException wrongType(@Nullable JsonToken token, String where, String what) {
        return token == null
                ? ProblemCode.MALFORMED_JSON.exceptionAt(where, "the document ends too early")
                : ProblemCode.WRONG_TYPE.exceptionAt(where, "expected " + what);
    }

    private static BusException unknownField(String where, String name) {
        return ProblemCode.UNKNOWN_FIELD.exceptionAt(
                where, "there is no member '" + name + "' here");
    }
}
