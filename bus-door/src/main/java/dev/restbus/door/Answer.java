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
 * @param onWritten told once whether the whole answer was handed to the connection; null for nobody
 */
public record Answer(
        int status,
        @Nullable String contentType,
        List<String> headers,
        Slice body,
        @Nullable Consumer<Boolean> onWritten) {

    public static final String JSON = "application/json";

    private static final Slice NO_BODY = new Slice(new byte[0], 0, 0);

    public static Answer json(int status, Slice body) {
        return new Answer(status, JSON, List.of(), body, null);
    }

    public static Answer empty(int status) {
        return new Answer(status, null, List.of(), NO_BODY, null);
    }

    public Answer withHeaders(List<String> newHeaders) {
        return new Answer(status, contentType, newHeaders, body, onWritten);
    }

    public Answer onWritten(Consumer<Boolean> listener) {
        return new Answer(status, contentType, headers, body, listener);
    }
}
