package dev.restbus.door;

import dev.restbus.api.FieldError;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.door.json.StrictJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;

/** Writes problems as {@code application/problem+json} of RFC 9457. Stateless. */
public final class ProblemWriter {

    public static final String MEDIA_TYPE = "application/problem+json";

    static final String REQUEST_ID = "Request-Id";

    private static final Logger LOG = LoggerFactory.getLogger(ProblemWriter.class);
    private static final String TRACE_ID = "dev.restbus.door.traceId";
    private static final long DEFAULT_RETRY_AFTER_MS = 1_000;
    private static final int MAX_REQUEST_ID = 128;

    private ProblemWriter() {}

    /**
     * The problem document in UTF-8.
     *
     * @param traceId empty where the document stands within another, which has one
     */
    public static byte[] document(Problem problem, String traceId) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = StrictJson.mapper().createGenerator(out, JsonEncoding.UTF8)) {
            json.writeStartObject();
            writeMembers(json, problem);
            if (!traceId.isEmpty()) {
                json.writeStringProperty("traceId", traceId);
            }
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    /**
     * Answers the request with the problem, unless an answer has begun to leave; a caller that is
     * gone is no error.
     */
    static void write(HttpServletRequest request, HttpServletResponse response, Problem problem) {
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        String traceId = traceId(request);
        byte[] document = document(addressed(problem, request), traceId);
        response.setStatus(problem.code().status());
        setHeaders(response, problem);
        response.setHeader(REQUEST_ID, traceId);
        response.setHeader("X-Content-Type-Options", "nosniff");
        document = AnswerEncoding.of(request, response, document);
        response.setContentType(MEDIA_TYPE);
        response.setContentLength(document.length);
        try {
            response.getOutputStream().write(document);
        } catch (IOException e) {
            // The caller is gone; there is nobody left to tell.
            return;
        }
    }

    private static Problem addressed(Problem problem, HttpServletRequest request) {
        String hint = problem.hint();
        return hint == null
                ? problem
                : problem.withHint(hint.replace(Problem.NODE, address(request)));
    }

    /** As the caller wrote it; a hint is there to be pasted, so nothing but an address goes in. */
    private static String address(HttpServletRequest request) {
        String host = request.getHeader("Host");
        boolean plain =
                host != null
                        && host.chars()
                                .allMatch(
                                        c ->
                                                Character.isLetterOrDigit(c)
                                                        || ".:-[]".indexOf(c) >= 0);
        return plain ? host : "localhost:" + request.getLocalPort();
    }

    /** The caller's own request id if it is a sane one, else a new one; the same at each call. */
    static String traceId(HttpServletRequest request) {
        if (request.getAttribute(TRACE_ID) instanceof String known) {
            return known;
        }
        String sent = sentRequestId(request);
        String traceId =
                sent != null
                        ? sent
                        : Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        request.setAttribute(TRACE_ID, traceId);
        return traceId;
    }

    /** Logs a fault of the program once, under the id that the caller is told. */
    static Problem internal(HttpServletRequest request, Throwable fault) {
        LOG.error(
                "{} {} failed, traceId {}",
                request.getMethod(),
                request.getRequestURI(),
                traceId(request),
                fault);
        return ProblemCode.INTERNAL.problem(
                "the node failed on this request; its log has the trace under the traceId");
    }

    /** What the caller sent as {@code Request-Id} if it is 1 to 128 of A-Z a-z 0-9 . _ -. */
    static @Nullable String sentRequestId(HttpServletRequest request) {
        String sent = request.getHeader(REQUEST_ID);
        if (sent == null || sent.isEmpty() || sent.length() > MAX_REQUEST_ID) {
            return null;
        }
        for (int i = 0; i < sent.length(); i++) {
            char c = sent.charAt(i);
            boolean sane =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '.'
                            || c == '_'
                            || c == '-';
            if (!sane) {
                return null;
            }
        }
        return sent;
    }

    private static void setHeaders(HttpServletResponse response, Problem problem) {
        int status = problem.code().status();
        Long retryAfterMs = problem.retryAfterMs();
        if (retryAfterMs == null && status == 507) {
            retryAfterMs = DEFAULT_RETRY_AFTER_MS;
        }
        if (retryAfterMs != null) {
            response.setHeader("Retry-After", Long.toString((retryAfterMs + 999) / 1_000));
        }
        if (problem.code() == ProblemCode.UNAUTHORIZED) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"restbus\"");
        }
    }

    private static void writeMembers(JsonGenerator json, Problem problem) {
        ProblemCode code = problem.code();
        json.writeStringProperty("type", "/problems/" + code.wireName());
        json.writeStringProperty("title", code.title());
        json.writeNumberProperty("status", code.status());
        json.writeStringProperty("detail", problem.detail());
        json.writeStringProperty("code", code.wireName());
        json.writeBooleanProperty("retryable", code.retryable());
        json.writeStringProperty("outcome", problem.outcome().wireName());
        if (!problem.errors().isEmpty()) {
            json.writeArrayPropertyStart("errors");
            for (FieldError error : problem.errors()) {
                json.writeStartObject();
                json.writeStringProperty("pointer", error.pointer());
                json.writeStringProperty("message", error.message());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        if (problem.hint() != null) {
            json.writeStringProperty("hint", problem.hint());
        }
        for (Map.Entry<String, Object> member : problem.extra().entrySet()) {
            json.writePOJOProperty(member.getKey(), member.getValue());
        }
    }
}
