package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import dev.restbus.door.encoding.ContentEncoder;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * Compresses answers of text and JSON for whoever accepts that. Short ones cost nothing, not even a
 * look at a header. An answer with an {@code ETag}, which names its very bytes, stays as it is, and
 * so does a stream. Stateless.
 */
final class AnswerEncoding {

    private static final String ACCEPT = "Accept-Encoding";
    private static final String CONTENT_ENCODING = "Content-Encoding";
    private static final String VARY = "Vary";

    private AnswerEncoding() {}

    /**
     * The answer of a hot route as it leaves.
     *
     * @param requestHeaders the first header of a name, or null
     */
    static Answer of(Function<String, @Nullable String> requestHeaders, Answer answer) {
        if (answer.body().length() < ContentEncoder.MIN_BYTES
                || !ContentEncoder.suits(answer.contentType())
                || answer.headers().contains("ETag")) {
            return answer;
        }
        List<String> headers = new ArrayList<>(answer.headers());
        headers.add(VARY);
        headers.add(ACCEPT);
        ContentEncoder encoder = ContentEncoder.choose(requestHeaders.apply(ACCEPT));
        Slice body = answer.body();
        if (encoder != null) {
            headers.add(CONTENT_ENCODING);
            headers.add(encoder.token());
            body = encoder.encode(body);
        }
        return new Answer(answer.status(), answer.contentType(), headers, body, answer.onWritten());
    }

    /** The rest of a chain, whose answers are held back until they are whole, and then encoded. */
    static FilterChain around(FilterChain chain) {
        return (request, response) -> pass(chain, request, response);
    }

    /** See {@link #around}; a request that waits is passed again when its answer is there. */
    static void pass(FilterChain chain, ServletRequest request, ServletResponse response)
            throws IOException, ServletException {
        Held held = held(request, response);
        if (held == null) {
            chain.doFilter(request, response);
            return;
        }
        chain.doFilter(request, held);
        if (!request.isAsyncStarted()) {
            held.release();
        }
    }

    private static @Nullable Held held(ServletRequest request, ServletResponse response) {
        if (response instanceof Held known) {
            return known;
        }
        ContentEncoder encoder =
                ContentEncoder.choose(((HttpServletRequest) request).getHeader(ACCEPT));
        return encoder == null ? null : new Held((HttpServletResponse) response, encoder);
    }

    /** What Spring MVC answers; its documents are made in memory in any case. */
    private static final class Held extends ContentCachingResponseWrapper {

        private final ContentEncoder encoder;

        Held(HttpServletResponse response, ContentEncoder encoder) {
            super(response);
            this.encoder = encoder;
        }

        void release() throws IOException {
            if (getContentSize() < ContentEncoder.MIN_BYTES || !isPlain()) {
                copyBodyToResponse();
                return;
            }
            Slice body = encoder.encode(Slice.of(getContentAsByteArray()));
            HttpServletResponse response = (HttpServletResponse) getResponse();
            response.setHeader(CONTENT_ENCODING, encoder.token());
            response.addHeader(VARY, ACCEPT);
            response.setContentLength(body.length());
            response.getOutputStream().write(body.bytes(), body.at(), body.length());
        }

        private boolean isPlain() {
            return getStatus() != SC_PARTIAL_CONTENT
                    && !isCommitted()
                    && ContentEncoder.suits(getContentType())
                    && !containsHeader(CONTENT_ENCODING)
                    && !containsHeader("ETag");
        }
    }
}
