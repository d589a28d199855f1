package dev.restbus.door;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A path that the door serves itself, past Spring MVC, because its speed matters.
 *
 * @param method {@code GET} or {@code POST}; a GET also serves HEAD
 * @param pattern path segments, {@code {name}} for a variable: {@code /v1/topics/{topic}/records}
 * @param parameters the query parameters it knows; any other is 422 {@code unknown-parameter}
 * @param handler what answers
 * @param streaming the bodies that are not read whole; null for none
 * @param quick whether a small request may be served on the thread that polls the connections: its
 *     handler takes microseconds, and its answers are small and whole
 */
public record Route(
        String method,
        String pattern,
        Set<String> parameters,
        Handler handler,
        @Nullable Streaming streaming,
        boolean quick) {

    public Route(String method, String pattern, Set<String> parameters, Handler handler) {
        this(method, pattern, parameters, handler, null, false);
    }

    /** The same route, but a body of this media type goes to a consumer as it comes. */
    public Route streaming(String mediaType, Opener opener) {
        return new Route(
                method, pattern, parameters, handler, new Streaming(mediaType, opener), quick);
    }

    /** The same route, declared quick. */
    public Route asQuick() {
        return new Route(method, pattern, parameters, handler, streaming, true);
    }

    /**
     * Which bodies of a route are streamed; the limit of a whole body does not hold for them.
     *
     * @param mediaType lower case, without parameters
     */
    public record Streaming(String mediaType, Opener opener) {}

    /**
     * Begins a stream; thread-safe. It must not block. A {@link dev.restbus.api.BusException}
     * refuses the request before its body is read.
     */
    @FunctionalInterface
    public interface Opener {
        BodyConsumer open(Exchange exchange);
    }

    /**
     * Answers requests; thread-safe. It must not block. A future that is done on return is written
     * on the caller's thread, which is the fastest way; any other is written by the thread that
     * completes it. A {@link dev.restbus.api.BusException}, thrown or in the future, becomes its
     * problem document; any other failure a 500.
     */
    @FunctionalInterface
    public interface Handler {
        CompletableFuture<Answer> serve(Exchange exchange);
    }
}
