package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What all open streams share: how many there may be, the few threads that make their pieces in
 * turn, and how long a caller may take nothing. Thread-safe.
 */
final class AnswerStreams implements AutoCloseable {

    private final int max;
    private final long stallMs;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<StreamWriter> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads;
    private volatile @Nullable BusException stopped;

    AnswerStreams(int max, long stallMs) {
        this.max = max;
        this.stallMs = stallMs;
        AtomicInteger number = new AtomicInteger();
        this.threads =
                Executors.newFixedThreadPool(
                        Math.max(2, Runtime.getRuntime().availableProcessors()),
                        task -> {
                            Thread thread =
                                    new Thread(task, "door-stream-" + number.incrementAndGet());
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /**
     * Counts one more in.
     *
     * @throws BusException 429 {@code too-many-parked}, 503 {@code shutting-down}
     */
    void enter(StreamWriter stream) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            throw ProblemCode.TOO_MANY_PARKED.exception(
                    max + " answers are being streamed, which is the most");
        }
        open.add(stream);
        BusException reason = stopped;
        if (reason != null) {
            leave(stream);
            throw reason;
        }
    }

    /** Counts one out; again for the same one changes nothing. */
    void leave(StreamWriter stream) {
        if (open.remove(stream)) {
            count.decrementAndGet();
        }
    }

    int count() {
        return count.get();
    }

    long stallMs() {
        return stallMs;
    }

    /** Runs a stream's next step, behind those of the others. */
    Executor threads() {
        return task -> {
            try {
                threads.execute(task);
            } catch (RejectedExecutionException e) {
                // The node has stopped; the connections are closed with it.
                return;
            }
        };
    }

    /** Ends every stream after what it is writing, and lets no other begin. */
    void stop() {
        BusException reason = ProblemCode.SHUTTING_DOWN.exception("the node stops");
        stopped = reason;
        open.forEach(stream -> stream.end(reason));
    }

    /** Closes the connections of streams that have not ended. */
    void cut() {
        open.forEach(StreamWriter::cut);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
