package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import org.jspecify.annotations.Nullable;

/**
 * A body that is made piece by piece, each when the caller has taken the one before, so that a slow
 * caller holds one piece and no thread. The door calls it on one thread at a time, {@link #close}
 * last and exactly once. A piece is best about {@link #PIECE_BYTES} long.
 */
public interface AnswerStream {

    int PIECE_BYTES = 64 * 1024;

    Slice NOTHING_YET = new Slice(new byte[0], 0, 0);

    /**
     * Called first.
     *
     * @param more to be run, from any thread and as often as wanted, when {@link #next} may have
     *     something after it had nothing; it returns at once
     */
    void begin(Runnable more);

    /**
     * The next piece. It must not wait.
     *
     * @return not changed until the next call; {@link #NOTHING_YET} where there is none now; null
     *     at the end
     * @throws BusException ends the stream with its {@link #farewell}; any other failure cuts it
     */
    @Nullable Slice next();

    /** What is said last where the stream ends for a reason that is not its own end. */
    Slice farewell(BusException reason);

    /** Ends all that waits; nobody takes pieces any more. */
    void close();
}
