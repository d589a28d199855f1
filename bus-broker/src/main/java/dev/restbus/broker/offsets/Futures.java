package dev.restbus.broker.offsets;

import java.util.concurrent.CompletionException;

/** What {@code CompletableFuture} lacks. Stateless. */
public final class Futures {

    private Futures() {}

    /** The failure itself, without the wrappers that stages of a future put around it. */
    public static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
