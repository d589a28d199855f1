package dev.restbus.door.json;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The one way in which request bodies are read as JSON: duplicate and unknown members, trailing
 * bytes, coercions and any encoding but plain UTF-8 are refused, depth and lengths are bounded. The
 * factory and the mapper are immutable and thread-safe.
 */
public final class StrictJson {

    public static final int MAX_DEPTH = 64;
    public static final int MAX_NUMBER_LENGTH = 100;
    public static final int MAX_NAME_LENGTH = 256;

    private static final JsonFactory STREAMING =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxNumberLength(MAX_NUMBER_LENGTH)
                                    .maxNameLength(MAX_NAME_LENGTH)
                                    .build())
                    // Requests are parsed on a few threads that live long.
                    .recyclerPool(JsonRecyclerPools.threadLocalPool())
                    .build();

    private static final JsonFactory FACTORY =
            STREAMING.rebuild().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private static final JsonMapper MAPPER =
            JsonMapper.builder(FACTORY)
                    .enable(
                            DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                            DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                            DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .build();

    private StrictJson() {}

    /** Parsers that refuse duplicate members and whatever passes the limits. */
    public static JsonFactory factory() {
        return FACTORY;
    }

    /** As {@link #factory()}, but duplicates are the caller's to find, with {@link MemberNames}. */
    public static JsonFactory streaming() {
        return STREAMING;
    }

    /** Binds with the same strictness, and refuses unknown members and trailing tokens. */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /**
     * Checks that the bytes can be JSON text of RFC 8259: UTF-8 without a byte order mark.
     *
     * @throws BusException 400 {@code malformed-encoding}
     */
    public static void requireUtf8(byte[] bytes, int at, int length) {
        if (length >= 2 && isOtherUnicode(bytes, at, length)) {
            throw ProblemCode.MALFORMED_ENCODING.exception(
                    "JSON is sent as UTF-8 without a byte order mark; this is another encoding");
        }
        if (!Utf8.isValid(bytes, at, length)) {
            throw ProblemCode.MALFORMED_ENCODING.exception("the body is not valid UTF-8");
        }
    }

    /**
     * What a parser's or the mapper's refusal is to the caller, with a JSON pointer to the place.
     */
    public static BusException problem(JacksonException e) {
        if (e instanceof ValueInstantiationException && e.getCause() instanceof BusException) {
            return (BusException) e.getCause();
        }
        if (e instanceof ValueInstantiationException
                && e.getCause() instanceof IllegalArgumentException refused) {
            return ProblemCode.INVALID_VALUE.exceptionAt(
                    pointerOf(e), String.valueOf(refused.getMessage()));
        }
        ProblemCode code = codeOf(e);
        String pointer = pointerOf(e);
        return code.exceptionAt(pointer, detailOf(code, e, pointer));
    }

    private static boolean isOtherUnicode(byte[] bytes, int at, int length) {
        int first = bytes[at] & 0xff;
        int second = bytes[at + 1] & 0xff;
        boolean utf8Mark =
                first == 0xef && second == 0xbb && length > 2 && (bytes[at + 2] & 0xff) == 0xbf;
        boolean wideMark = (first == 0xfe && second == 0xff) || (first == 0xff && second == 0xfe);
        // No JSON text begins with a NUL or has one as its second byte, UTF-16 and UTF-32 do.
        return utf8Mark || wideMark || first == 0 || second == 0;
    }

    private static ProblemCode codeOf(JacksonException e) {
        if (e instanceof UnrecognizedPropertyException) {
            return ProblemCode.UNKNOWN_FIELD;
        }
        if (e instanceof InvalidDefinitionException) {
            return ProblemCode.INTERNAL;
        }
        if (e instanceof InvalidFormatException format
                && format.getValue() instanceof String
                && format.getTargetType() != null
                && format.getTargetType().isEnum()) {
            return ProblemCode.INVALID_VALUE;
        }
        if (e instanceof StreamConstraintsException || e instanceof StreamReadException) {
            return streamCodeOf(e);
        }
        if (e instanceof MismatchedInputException) {
            return mismatchCodeOf(e.getOriginalMessage());
        }
        return ProblemCode.MALFORMED_JSON;
    }

    private static ProblemCode streamCodeOf(JacksonException e) {
        String message = e.getOriginalMessage();
        if (e instanceof InputCoercionException) {
            return ProblemCode.WRONG_TYPE;
        }
        if (message != null && message.startsWith("Duplicate")) {
            return ProblemCode.DUPLICATE_FIELD;
        }
        return message != null && message.startsWith("Invalid UTF-8")
                ? ProblemCode.MALFORMED_ENCODING
                : ProblemCode.MALFORMED_JSON;
    }

    private static ProblemCode mismatchCodeOf(@Nullable String message) {
        if (message == null) {
            return ProblemCode.WRONG_TYPE;
        }
        if (message.startsWith("Duplicate")) {
            return ProblemCode.DUPLICATE_FIELD;
        }
        // A member that is absent and one that is null look the same where neither is allowed.
        if (message.startsWith("Cannot map `null` into type")
                || message.startsWith("Missing required creator property")) {
            return ProblemCode.MISSING_FIELD;
        }
        return message.startsWith("Trailing token") || message.startsWith("No content to map")
                ? ProblemCode.MALFORMED_JSON
                : ProblemCode.WRONG_TYPE;
    }

    private static String detailOf(ProblemCode code, JacksonException e, String pointer) {
        switch (code) {
            case UNKNOWN_FIELD:
                return "there is no member "
                        + pointer
                        + " here; known are "
                        + ((UnrecognizedPropertyException) e).getKnownPropertyIds();
            case WRONG_TYPE:
                return wrongTypeDetail(e);
            case MISSING_FIELD:
                return "the member " + pointer + " is required and not null";
            case INVALID_VALUE:
                return enumDetail((InvalidFormatException) e);
            case INTERNAL:
                return "the body cannot be read";
            default:
                return brief(e);
        }
    }

    private static String wrongTypeDetail(JacksonException e) {
        Class<?> type =
                e instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : null;
        return type == null ? brief(e) : "this is not " + described(type) + where(e);
    }

    /** Jackson's message ends with the accepted names as JSON has them. */
    private static String enumDetail(InvalidFormatException e) {
        String message = e.getOriginalMessage();
        int names = message == null ? -1 : message.lastIndexOf('[');
        return "'"
                + e.getValue()
                + "' is not one of "
                + (names < 0 ? "the allowed values" : message.substring(names));
    }

    private static String described(Class<?> type) {
        if (type == String.class || type.isEnum()) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "a number that fits";
        }
        return type.isArray() || Iterable.class.isAssignableFrom(type) ? "an array" : "an object";
    }

    /** Jackson's own words, which name no class of ours for errors of syntax. */
    private static String brief(JacksonException e) {
        String message = e.getOriginalMessage();
        if (message == null || e instanceof MismatchedInputException) {
            boolean trailing = message != null && message.startsWith("Trailing");
            return trailing
                    ? "there is more after the JSON value"
                    : "the body is empty or not the JSON that is needed here";
        }
        String line = message.split("\n", 2)[0];
        return (line.length() > 300 ? line.substring(0, 300) + "…" : line) + where(e);
    }

    private static String where(JacksonException e) {
        return e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : " (line "
                        + e.getLocation().getLineNr()
                        + ", column "
                        + e.getLocation().getColumnNr()
                        + ")";
    }

    private static String pointerOf(JacksonException e) {
        if (!e.getPath().isEmpty()) {
            return pointer(e.getPath());
        }
        return e.processor() instanceof JsonParser parser
                ? parser.streamReadContext().pathAsPointer().toString()
                : "";
    }

    private static String pointer(List<JacksonException.Reference> path) {
        StringBuilder pointer = new StringBuilder();
        for (JacksonException.Reference step : path) {
            String name = step.getPropertyName();
            pointer.append('/');
            if (name == null) {
                pointer.append(step.getIndex());
            } else {
                pointer.append(name.replace("~", "~0").replace("/", "~1"));
            }
        }
        return pointer.toString();
    }
}
