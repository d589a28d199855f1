package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a hot path answers. The door adds its own headers ({@code Bus-Served-By}, {@code
 * Content-Length}) and leaves the body out for HEAD.
 *
 * @param contentType null where there is no body
 * @param headers name, value, name, value, …
 * @param body not changed until {@code onWritten}
 * @param stream comes in the place of {@code body} where it is not null
 * @param onWritten told once whether the whole answer was handed to the connection; null for nobody
 */
public record Answer(
        int status,
        @Nullable String contentType,
        List<String> headers,
        Slice body,
        @Nullable AnswerStream stream,
        @Nullable Consumer<Boolean> onWritten) {

    public static final String JSON = "application/json";

    private static final Slice NO_BODY = new Slice(new byte[0], 0, 0);

    /** An answer whose body is there. */
    public Answer(
            int status,
            @Nullable String contentType,
            List<String> headers,
            Slice body,
            @Nullable Consumer<Boolean> onWritten) {
        this(status, contentType, headers, body, null, onWritten);
    }

    /** 200 with a body that comes piece by piece; more than the door bears are 429. */
    public static Answer streamed(String contentType, List<String> headers, AnswerStream stream) {
        return new Answer(200, contentType, headers, NO_BODY, stream, null);
    }

    public static Answer json(int status, Slice body) {
        return new Answer(status, JSON, List.of(), body, null);
    }

    public static Answer empty(int status) {
        return new Answer(status, null, List.of(), NO_BODY, null);
    }

    public Answer withHeaders(List<String> newHeaders) {
        return new Answer(status, contentType, newHeaders, body, stream, onWritten);
    }

    public Answer onWritten(Consumer<Boolean> listener) {
        return new Answer(status, contentType, headers, body, stream, listener);
    }
}
