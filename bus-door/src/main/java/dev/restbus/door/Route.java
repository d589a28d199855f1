package dev.restbus.door;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A path that the door serves itself, past Spring MVC, because its speed matters.
 *
 * @param method {@code GET} or {@code POST}; a GET also serves HEAD
 * @param pattern path segments, {@code {name}} for a variable: {@code /v1/topics/{topic}/records}
 * @param parameters the query parameters it knows; any other is 422 {@code unknown-parameter}
 * @param handler what answers
 */
public record Route(String method, String pattern, Set<String> parameters, Handler handler) {

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
