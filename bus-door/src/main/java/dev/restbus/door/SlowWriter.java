package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.Connection;
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

    /** What one write offers to the socket. */
    private static final int PIECE_BYTES = 128 * 1024;

    /**
     * What the container is given to keep where the socket takes no more: more than its buffer
     * holds, so that it says when the socket does.
     */
    private static final int KEPT_BYTES = 16 * 1024;

    private final AsyncContext context;
    private final Connection connection;
    private final ServletOutputStream out;
    private final Slice body;
    private final Deadlines deadlines;
    private final Consumer<Boolean> whenDone;
    private final long startNanos = System.nanoTime();
    private volatile int written;
    private volatile boolean late;

    /** The container may hold something, at first the head, that must leave before more does. */
    private boolean flushDue = true;

    private boolean ended;

    SlowWriter(
            AsyncContext context,
            Connection connection,
            Slice body,
            Deadlines deadlines,
            Consumer<Boolean> whenDone)
            throws IOException {
        this.context = context;
        this.connection = connection;
        this.out = context.getResponse().getOutputStream();
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
            if (flushDue) {
                flushDue = false;
                out.flush();
            } else if (written == body.length()) {
                end(true);
                context.complete();
            } else {
                write();
            }
        }
    }

    private void write() throws IOException {
        int at = body.at() + written;
        int left = body.length() - written;
        int taken = connection.write(body.bytes(), at, Math.min(PIECE_BYTES, left));
        if (taken == 0) {
            taken = Math.min(KEPT_BYTES, left);
            out.write(body.bytes(), at, taken);
            flushDue = true;
        }
        written += taken;
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
