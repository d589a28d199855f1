package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of one event and what CloudEvents 1.0 asks of them. Not thread-safe.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md">CloudEvents
 *     1.0.2</a>
 */
final class CloudEventAttributes {

    /** What an attribute's name has in front of it as the header of a record (Kafka binding). */
    static final String STORED_PREFIX = "ce_";

    private static final String SPEC_VERSION = "specversion";
    private static final String SUPPORTED = "1.0";
    private static final List<String> REQUIRED = List.of(SPEC_VERSION, "id", "source", "type");
    private static final String PARTITION_KEY = "partitionkey";

    private final Map<String, String> values = new LinkedHashMap<>();
    private final UnaryOperator<String> pointers;

    /**
     * No attributes yet.
     *
     * @param pointers where the attribute of a name stands in the request
     */
    CloudEventAttributes(UnaryOperator<String> pointers) {
        this.pointers = pointers;
    }

    /** The attribute was sent with this text. */
    void put(String name, String text) {
        if (!isName(name)) {
            throw invalid(name, "an attribute's name is of a-z and 0-9, and not \"data\"");
        }
        if (values.putIfAbsent(name, text) != null) {
            throw invalid(name, "the attribute is there twice");
        }
    }

    /**
     * Checks what was put, once all is there.
     *
     * @throws BusException 422 {@code missing-field}, {@code invalid-value}
     */
    void requireValid() {
        for (String name : REQUIRED) {
            if (!values.containsKey(name)) {
                throw ProblemCode.MISSING_FIELD.exceptionAt(
                        pointers.apply(name), "an event has the attribute " + name);
            }
        }
        values.forEach(this::check);
    }

    /** The key by the partitioning extension, or null. */
    @Nullable String partitionKey() {
        return values.get(PARTITION_KEY);
    }

    /** Adds each as the header of a record. */
    void addTo(RecordHeaders headers) {
        values.forEach(
                (name, text) -> {
                    HeaderLimits.check(pointers.apply(name), STORED_PREFIX + name, text);
                    headers.add(STORED_PREFIX + name, text);
                });
    }

    private void check(String name, String text) {
        switch (name) {
            case SPEC_VERSION -> {
                if (!text.equals(SUPPORTED)) {
                    throw invalid(name, "specversion is " + SUPPORTED + ", not '" + text + "'");
                }
            }
            case "id", "type", "subject", PARTITION_KEY -> requireText(name, text);
            case "source" -> {
                requireText(name, text);
                requireUri(name, text, false);
            }
            case "dataschema" -> requireUri(name, text, true);
            case "time" -> requireTime(name, text);
            case "datacontenttype" -> {
                if (text.indexOf('/') < 1) {
                    throw invalid(name, "a media type is needed, not '" + text + "'");
                }
            }
            default -> {}
        }
    }

    private void requireText(String name, String text) {
        if (text.isEmpty()) {
            throw invalid(name, name + " is not empty");
        }
    }

    private void requireUri(String name, String text, boolean absolute) {
        try {
            URI uri = new URI(text);
            if (!absolute || uri.isAbsolute()) {
                return;
            }
        } catch (URISyntaxException e) {
            // answered below, like a relative one
        }
        String what = absolute ? "an absolute URI" : "a URI or a relative reference";
        throw invalid(name, name + " is " + what + ", not '" + text + "'");
    }

    private void requireTime(String name, String text) {
        try {
            OffsetDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw invalid(name, name + " is an RFC 3339 time, not '" + text + "'");
        }
    }

    private BusException invalid(String name, String detail) {
        return ProblemCode.INVALID_VALUE.exceptionAt(pointers.apply(name), detail);
    }

    private static boolean isName(String name) {
        if (name.isEmpty() || name.equals("data")) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }
}
