package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.json.MemberNames;
import dev.restbus.door.json.PlainJson;
import dev.restbus.door.json.StrictJson;
import dev.restbus.door.json.Utf8;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/** Values that are to be JSON: whether they are, without binding them. Stateless. */
final class JsonValues {

    private JsonValues() {}

    static boolean isUtf8(Slice bytes) {
        return Utf8.isValid(bytes.bytes(), bytes.at(), bytes.length());
    }

    static JsonParser parser(Slice json) {
        return StrictJson.streaming()
                .createParser(ObjectReadContext.empty(), json.bytes(), json.at(), json.length());
    }

    /** Whether the bytes are one JSON value and nothing else. */
    static boolean isValid(Slice bytes) {
        if (!mayBegin(bytes)) {
            return false;
        }
        try {
            require(bytes, "");
            return true;
        } catch (BusException e) {
            return false;
        }
    }

    /**
     * Checks that the bytes are one JSON value and nothing else.
     *
     * @param pointer where they stand in the request
     * @throws BusException 400 {@code malformed-json}, {@code malformed-encoding}, {@code
     *     duplicate-field}
     */
    static void require(Slice bytes, String pointer) {
        StrictJson.requireUtf8(bytes.bytes(), bytes.at(), bytes.length());
        if (PlainJson.isSurely(bytes.bytes(), bytes.at(), bytes.length())) {
            return;
        }
        try (JsonParser parser = parser(bytes)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw ProblemCode.MALFORMED_JSON.exceptionAt(pointer, "there is no JSON value");
            }
            new MemberNames().skip(parser);
            if (parser.nextToken() != null) {
                throw ProblemCode.MALFORMED_JSON.exceptionAt(
                        pointer, "there is more behind the JSON value");
            }
        } catch (JacksonException e) {
            throw problem(e, pointer);
        } catch (BusException e) {
            throw at(e, pointer);
        }
    }

    /** The text of a JSON string. */
    static String text(Slice json) {
        try (JsonParser parser = parser(json)) {
            parser.nextToken();
            return parser.getString();
        }
    }

    /** The refusal of a streaming parser, which knows no pointer of its own. */
    static BusException problem(JacksonException e, String pointer) {
        return at(StrictJson.problem(e), pointer);
    }

    /** The same refusal at this place. */
    static BusException at(BusException e, String pointer) {
        return e.problem().code().exceptionAt(pointer, e.problem().detail());
    }

    /** Spares most text the cost of a failing parse. */
    private static boolean mayBegin(Slice bytes) {
        int end = bytes.at() + bytes.length();
        for (int i = bytes.at(); i < end; i++) {
            byte b = bytes.bytes()[i];
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '{'
                        || b == '['
                        || b == '"'
                        || b == '-'
                        || (b >= '0' && b <= '9')
                        || b == 't'
                        || b == 'f'
                        || b == 'n';
            }
        }
        return false;
    }
}
