package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Writes a large body as fast as the caller reads it and holds no thread meanwhile. The container
 * calls it on one thread at a time.
 */
final class SlowWriter implements WriteListener, Deadlines.Watched {

    /** What one write hands over; the container copies what the socket does not take at once. */
    private static final int PIECE_BYTES = 64 * 1024;

    private final AsyncContext context;
    private final ServletOutputStream out;
    private final Slice body;
    private final Deadlines deadlines;
    private final Consumer<Boolean> whenDone;
    private final long startNanos = System.nanoTime();
    private volatile int written;
    private volatile boolean late;
    private boolean ended;

    SlowWriter(
            AsyncContext context,
            ServletOutputStream out,
            Slice body,
            Deadlines deadlines,
            Consumer<Boolean> whenDone) {
        this.context = context;
        this.out = out;
        this.body = body;
        this.deadlines = deadlines;
        this.whenDone = whenDone;
    }

    void start() {
        deadlines.add(this);
        out.setWriteListener(this);
    }

    @Override
    public void onWritePossible() throws IOException {
        while (!ended && out.isReady()) {
            if (late) {
                // Thrown to the container, which then closes the connection.
                throw new IOException("the caller reads too slowly");
            }
            if (written == body.length()) {
                end(true);
                context.complete();
                return;
            }
            int count = Math.min(PIECE_BYTES, body.length() - written);
            out.write(body.bytes(), body.at() + written, count);
            written += count;
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!ended) {
            end(false);
            context.complete();
        }
    }

    @Override
    public void checkDeadline(long nowNanos) {
        // One that takes nothing at all runs into the write timeout of the connection.
        late = deadlines.isLate(startNanos, nowNanos, written);
    }

    private void end(boolean whole) {
        ended = true;
        deadlines.remove(this);
        whenDone.accept(whole);
    }
}
