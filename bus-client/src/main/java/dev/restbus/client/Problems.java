package dev.restbus.client;

import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Turns answers other than 2xx, and failed items of a 207, into exceptions. Stateless. */
final class Problems {

    private static final int MAX_DETAIL = 200;

    private Problems() {}

    /** The problem of an answer, also of one that is no problem document (a proxy's page, say). */
    static BusProblemException of(HttpResponse<byte[]> response) {
        Duration retryAfter = header(response);
        JsonNode document = parse(response.body());
        if (document == null) {
            return foreign(response, retryAfter);
        }
        return of(response.statusCode(), document, retryAfter);
    }

    /** The problem that {@code document} describes. */
    static BusProblemException of(
            int status, JsonNode document, @Nullable Duration retryAfterHeader) {
        JsonNode afterMs = document.path("retryAfterMs");
        Duration retryAfter =
                afterMs.isNumber() ? Duration.ofMillis(afterMs.asLong()) : retryAfterHeader;
        return new BusProblemException(
                status,
                new BusProblemException.Document(
                        document.path("code").asString("unknown"),
                        document.path("detail").asString(""),
                        errors(document),
                        document.path("hint").asString(null)),
                outcome(status, document),
                document.path("retryable").asBoolean(false),
                retryAfter);
    }

    private static @Nullable JsonNode parse(byte[] body) {
        try {
            JsonNode document = WireJson.MAPPER.readTree(body);
            return document.path("code").isString() ? document : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private static BusProblemException foreign(
            HttpResponse<byte[]> response, @Nullable Duration retryAfter) {
        String text = new String(response.body(), StandardCharsets.UTF_8);
        String detail = text.length() > MAX_DETAIL ? text.substring(0, MAX_DETAIL) : text;
        int status = response.statusCode();
        return new BusProblemException(
                status,
                new BusProblemException.Document("unknown", detail, List.of(), null),
                status < 500 ? Outcome.NONE : Outcome.UNKNOWN,
                status == 429 || status == 502 || status == 503 || status == 504,
                retryAfter);
    }

    private static Outcome outcome(int status, JsonNode document) {
        String word = document.path("outcome").asString("");
        for (Outcome outcome : Outcome.values()) {
            if (outcome.wireName().equals(word.toLowerCase(Locale.ROOT))) {
                return outcome;
            }
        }
        return status < 500 ? Outcome.NONE : Outcome.UNKNOWN;
    }

    private static List<FieldError> errors(JsonNode document) {
        List<FieldError> errors = new ArrayList<>();
        for (JsonNode error : document.path("errors")) {
            errors.add(
                    new FieldError(
                            error.path("pointer").asString(""),
                            error.path("message").asString("")));
        }
        return errors;
    }

    private static @Nullable Duration header(HttpResponse<byte[]> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("[0-9]{1,6}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }
}
