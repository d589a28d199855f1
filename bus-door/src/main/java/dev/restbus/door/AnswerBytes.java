package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.tomcat.util.http.FastHttpDateFormat;
import org.jspecify.annotations.Nullable;

/** Writes a whole answer, head and body, as Tomcat would (RFC 9112 §4). Thread-safe. */
final class AnswerBytes {

    private static final int HEAD_BYTES = 384;

    private final String ownHeaders;

    /**
     * @param node the name in {@code Bus-Served-By}; empty for no such header
     */
    AnswerBytes(String node) {
        StringBuilder own = new StringBuilder();
        addHeader(own, FrontDoor.CONTENT_TYPE_OPTIONS, FrontDoor.NO_SNIFF);
        if (!node.isEmpty()) {
            addHeader(own, FrontDoor.SERVED_BY, node);
        }
        ownHeaders = own.toString();
    }

    /**
     * The answer with the door's own headers.
     *
     * @param requestId told back where it is not null
     * @param keepAliveMs told to a client that asked for it; 0 for no such header
     */
    Slice of(Answer answer, @Nullable String requestId, int keepAliveMs) {
        StringBuilder head = new StringBuilder(HEAD_BYTES);
        head.append("HTTP/1.1 ").append(answer.status()).append(" \r\n").append(ownHeaders);
        List<String> headers = answer.headers();
        for (int i = 0; i + 1 < headers.size(); i += 2) {
            addHeader(head, headers.get(i), headers.get(i + 1));
        }
        if (requestId != null) {
            addHeader(head, ProblemWriter.REQUEST_ID, requestId);
        }
        if (answer.contentType() != null) {
            addHeader(head, "Content-Type", answer.contentType());
        }
        if (keepAliveMs > 0) {
            addHeader(head, "Connection", "keep-alive");
            addHeader(head, "Keep-Alive", "timeout=" + keepAliveMs / 1_000);
        }
        Slice body = answer.body();
        head.append("Content-Length: ").append(body.length()).append("\r\nDate: ");
        head.append(FastHttpDateFormat.getCurrentDate()).append("\r\n\r\n");
        byte[] headBytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = Arrays.copyOf(headBytes, headBytes.length + body.length());
        System.arraycopy(body.bytes(), body.at(), whole, headBytes.length, body.length());
        return new Slice(whole, 0, whole.length);
    }

    /** No value of ours ends a line, whatever a client has made us repeat. */
    private static void addHeader(StringBuilder head, String name, String value) {
        head.append(name).append(": ");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            head.append(c >= ' ' && c <= '~' ? c : ' ');
        }
        head.append("\r\n");
    }
}
