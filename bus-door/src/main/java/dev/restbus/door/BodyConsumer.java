package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the body of one request as it comes, already decoded. It must not block; its methods are
 * called one at a time, on changing threads, each after the future of the one before it is done, so
 * that a caller who sends faster than this takes is held back by its connection.
 */
public interface BodyConsumer {

    /** Says that no more is wanted; {@link #finish} is asked next. */
    int STOP = -1;

    /**
     * Takes from the front of what has come. It is asked again at once with what it left, until it
     * takes nothing, and then when there is more; what it leaves grows until it takes something, so
     * this bounds it.
     *
     * @param body not changed until the future is done
     * @return how many bytes were taken, 0 where there is too little, or {@link #STOP}; a failure
     *     is answered as that of a {@link Route.Handler}
     */
    CompletableFuture<Integer> take(Slice body);

    /**
     * The answer; asked once and last, also when nobody is left to read it. Where the connection is
     * what broke, only an answer that is there at once still reaches the caller.
     *
     * @param rest what was not taken
     * @param broken why the body is not whole; null where it is, and after {@link #STOP}
     */
    CompletableFuture<Answer> finish(Slice rest, @Nullable BusException broken);
}
