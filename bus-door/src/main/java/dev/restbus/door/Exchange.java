package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One request on a hot path, its body already read whole, within all limits and deadlines.
 * Read-only; used by one thread at a time.
 */
public interface Exchange {

    /** The method of the route; a HEAD arrives as the GET it stands for. */
    String method();

    /**
     * A variable of the route's pattern, percent-decoded.
     *
     * @throws IllegalArgumentException if the pattern has no such variable
     */
    String variable(String name);

    /** The decoded query; a name that the route does not know was refused before. */
    Query query();

    /** The first header of this name, in any case, or null. */
    @Nullable String header(String name);

    /** Every header whose name begins so, in any case; names as they were sent. */
    void headers(String prefix, BiConsumer<String, String> visitor);

    /**
     * The media type of the body, lower case and without parameters; null where none was sent or
     * where it is {@code application/x-www-form-urlencoded}, which curl sends for any body.
     */
    @Nullable String mediaType();

    /** The {@code Content-Type} as sent, with its parameters; null in the cases of mediaType. */
    @Nullable String contentType();

    /**
     * The whole body, empty where there is none and where it is streamed; valid until the answer is
     * written.
     */
    Slice body();
}
