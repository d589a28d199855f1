package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.FieldError;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.json.StrictJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
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

    /** What a failure of a hot route means to its caller; {@code internal} judges a fault. */
    static Problem problemOf(Throwable failure, Function<Throwable, Problem> internal) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        if (cause instanceof BusException known) {
            return known.problem();
        }
        if (cause instanceof JacksonException json) {
            return StrictJson.problem(json).problem();
        }
        if (cause instanceof MalformedBatchException) {
            return ProblemCode.CORRUPT_RECORD.problem(String.valueOf(cause.getMessage()));
        }
        return internal.apply(cause);
    }

    /**
     * The problem as an answer.
     *
     * @param headers the first header of a name of the request, or null
     * @param port where this node listens
     */
    static Answer answer(
            Problem problem, Function<String, @Nullable String> headers, int port, String traceId) {
        String hint = problem.hint();
        Problem addressed =
                hint == null
                        ? problem
                        : problem.withHint(hint.replace(Problem.NODE, address(headers, port)));
        byte[] document = document(addressed, traceId);
        List<String> own = new ArrayList<>(List.of(REQUEST_ID, traceId));
        addHeaders(problem, own);
        return AnswerEncoding.of(
                headers,
                new Answer(problem.code().status(), MEDIA_TYPE, own, Slice.of(document), null));
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
        Answer answer =
                answer(problem, request::getHeader, request.getLocalPort(), traceId(request));
        response.setStatus(answer.status());
        response.setHeader(FrontDoor.CONTENT_TYPE_OPTIONS, FrontDoor.NO_SNIFF);
        List<String> headers = answer.headers();
        for (int i = 0; i < headers.size(); i += 2) {
            response.setHeader(headers.get(i), headers.get(i + 1));
        }
        Slice body = answer.body();
        response.setContentType(answer.contentType());
        response.setContentLength(body.length());
        try {
            response.getOutputStream().write(body.bytes(), body.at(), body.length());
        } catch (IOException e) {
            // The caller is gone; there is nobody left to tell.
            return;
        }
    }

    /** As the caller wrote it; a hint is there to be pasted, so nothing but an address goes in. */
    private static String address(Function<String, @Nullable String> headers, int port) {
        String host = headers.apply("Host");
        boolean plain =
                host != null
                        && host.chars()
                                .allMatch(
                                        c ->
                                                Character.isLetterOrDigit(c)
                                                        || ".:-[]".indexOf(c) >= 0);
        return plain ? host : "localhost:" + port;
    }

    /** The caller's own request id if it is a sane one, else a new one; the same at each call. */
    static String traceId(HttpServletRequest request) {
        if (request.getAttribute(TRACE_ID) instanceof String known) {
            return known;
        }
        String traceId = traceId(request::getHeader);
        request.setAttribute(TRACE_ID, traceId);
        return traceId;
    }

    /** The caller's own request id if it is a sane one, else a new one at each call. */
    static String traceId(Function<String, @Nullable String> headers) {
        String sent = sentRequestId(headers);
        return sent != null
                ? sent
                : Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
    }

    /** Logs a fault of the program once, under the id that the caller is told. */
    static Problem internal(HttpServletRequest request, Throwable fault) {
        return internal(request.getMethod(), request.getRequestURI(), traceId(request), fault);
    }

    static Problem internal(String method, String uri, String traceId, Throwable fault) {
        LOG.error("{} {} failed, traceId {}", method, uri, traceId, fault);
        return ProblemCode.INTERNAL.problem(
                "the node failed on this request; its log has the trace under the traceId");
    }

    /** What the caller sent as {@code Request-Id} if it is 1 to 128 of A-Z a-z 0-9 . _ -. */
    static @Nullable String sentRequestId(Function<String, @Nullable String> headers) {
        String sent = headers.apply(REQUEST_ID);
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

    private static void addHeaders(Problem problem, List<String> headers) {
        int status = problem.code().status();
        Long retryAfterMs = problem.retryAfterMs();
        if (retryAfterMs == null && status == 507) {
            retryAfterMs = DEFAULT_RETRY_AFTER_MS;
        }
        if (retryAfterMs != null) {
            headers.add("Retry-After");
            headers.add(Long.toString((retryAfterMs + 999) / 1_000));
        }
        if (problem.code() == ProblemCode.UNAUTHORIZED) {
            headers.add("WWW-Authenticate");
            headers.add("Bearer realm=\"restbus\"");
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
