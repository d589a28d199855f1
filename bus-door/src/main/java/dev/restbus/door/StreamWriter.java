package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.Connection;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one stream as its caller takes it. Whatever happens to it, a piece ready, a socket that
 * takes more, a caller that left, only asks for the next step; steps run one at a time on the
 * threads of {@link AnswerStreams}, one piece each, so that no stream holds up another.
 */
final class StreamWriter implements WriteListener, AsyncListener, Deadlines.Watched {

    private static final Logger LOG = LoggerFactory.getLogger(StreamWriter.class);

    /** What one write hands over; the container copies what the socket does not take at once. */
    private static final int WRITE_BYTES = 64 * 1024;

    private static final long PROBE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Admission admission;
    private final Deadlines deadlines;
    private final AnswerStream stream;
    private final AsyncContext context;
    private final Connection connection;
    private final ServletOutputStream out;

    /** Steps asked for; who raises it from 0 hands the writer to a thread. */
    private final AtomicInteger asked = new AtomicInteger();

    private volatile boolean writable;
    private volatile boolean ended;
    private volatile boolean probeDue;
    private volatile boolean cutDue;

    /** The container has ended the request; the connection may serve another one by now. */
    private volatile boolean failed;

    private volatile @Nullable BusException endReason;
    private volatile long probedNanos = System.nanoTime();

    // Touched by steps only.
    private long timeoutBeforeMs;
    private Slice piece = AnswerStream.NOTHING_YET;
    private int written;
    private boolean flushDue = true;
    private boolean last;

    /** Whether the step that ends has more to do. */
    private boolean goesOn;

    StreamWriter(
            Admission admission,
            Deadlines deadlines,
            AnswerStream stream,
            AsyncContext context,
            Connection connection)
            throws IOException {
        this.admission = admission;
        this.deadlines = deadlines;
        this.stream = stream;
        this.context = context;
        this.connection = connection;
        this.out = context.getResponse().getOutputStream();
    }

    /** Writes the head that was set, then the stream; it has been let in. */
    void start() {
        timeoutBeforeMs = connection.writeTimeoutMs(admission.answerStreams().stallMs());
        context.addListener(this);
        deadlines.add(this);
        stream.begin(this::ask);
        out.setWriteListener(this);
    }

    /** Ends it with a farewell, behind what is being written. */
    void end(BusException reason) {
        endReason = reason;
        ask();
    }

    /** Closes the connection. */
    void cut() {
        cutDue = true;
        ask();
    }

    @Override
    public void onWritePossible() {
        writable = true;
        ask();
    }

    @Override
    public void checkDeadline(long nowNanos) {
        // One that takes nothing runs into the write timeout of the connection.
        if (nowNanos - probedNanos >= PROBE_NANOS) {
            probedNanos = nowNanos;
            probeDue = true;
            ask();
        }
    }

    private void ask() {
        if (!ended && asked.getAndIncrement() == 0) {
            admission.answerStreams().threads().execute(this::run);
        }
    }

    private void run() {
        int seen = asked.get();
        boolean again = false;
        try {
            again = !ended && step();
        } catch (IOException e) {
            LOG.debug("the caller left its stream", e);
            abort();
        } catch (RuntimeException e) {
            if (!failed) {
                LOG.error("a stream failed", e);
            }
            abort();
        }
        if (again) {
            asked.incrementAndGet();
        }
        if (asked.addAndGet(-seen) > 0) {
            admission.answerStreams().threads().execute(this::run);
        }
    }

    /** Does what can be done now, up to one piece; true where there may be more. */
    private boolean step() throws IOException {
        // Else the container could end the request meanwhile and give what is written to, with the
        // failure of the write, to the next connection.
        connection.lock();
        try {
            if (!mayTake()) {
                return goesOn;
            }
        } finally {
            connection.unlock();
        }
        return take();
    }

    /** Writes what is there; true once the next piece can be asked for. */
    private boolean mayTake() throws IOException {
        goesOn = false;
        if (failed || cutDue || (probeDue && isGone())) {
            abort();
            return false;
        }
        if (!writable || !isReady()) {
            return false;
        }
        if (written < piece.length()) {
            writeOn();
            goesOn = true;
            return false;
        }
        if (flushDue) {
            flushDue = false;
            out.flush();
            goesOn = true;
            return false;
        }
        if (last) {
            finish(true);
            return false;
        }
        return true;
    }

    private boolean isGone() {
        probeDue = false;
        return connection.isGone();
    }

    /** Where it is not, the container calls once it is. */
    private boolean isReady() {
        writable = false;
        writable = out.isReady();
        return writable;
    }

    private void writeOn() throws IOException {
        int count = Math.min(WRITE_BYTES, piece.length() - written);
        out.write(piece.bytes(), piece.at() + written, count);
        written += count;
        if (written == piece.length()) {
            flushDue = true;
            drop();
        }
    }

    /** True where there is something to write. */
    private boolean take() {
        Slice next = nextPiece();
        if (next == null) {
            last = true;
            return true;
        }
        if (next.length() == 0) {
            return last;
        }
        if (!admission.takeBytes(next.length())) {
            LOG.warn("a stream is cut: the memory for bodies is taken");
            abort();
            return false;
        }
        piece = next;
        written = 0;
        return true;
    }

    private @Nullable Slice nextPiece() {
        BusException reason = endReason;
        if (reason == null) {
            try {
                return stream.next();
            } catch (BusException e) {
                reason = e;
            }
        }
        last = true;
        return stream.farewell(reason);
    }

    private void drop() {
        admission.giveBackBytes(piece.length());
        piece = AnswerStream.NOTHING_YET;
        written = 0;
    }

    private void finish(boolean whole) {
        if (ended) {
            return;
        }
        ended = true;
        deadlines.remove(this);
        admission.answerStreams().leave(this);
        if (piece.length() > 0) {
            drop();
        }
        stream.close();
        if (whole) {
            connection.writeTimeoutMs(timeoutBeforeMs);
            complete();
        }
    }

    /** The container then tells of the error, on a thread of its own, unless it has already. */
    private void abort() {
        if (!ended) {
            finish(false);
            if (!failed) {
                connection.cut();
            }
        }
    }

    private void fail() {
        failed = true;
        ask();
    }

    private void complete() {
        try {
            context.complete();
        } catch (IllegalStateException e) {
            LOG.debug("the container completed it first", e);
        }
    }

    @Override
    public void onError(Throwable failure) {
        fail();
    }

    @Override
    public void onError(AsyncEvent event) {
        fail();
        complete();
    }

    /** The connector stops. */
    @Override
    public void onTimeout(AsyncEvent event) {
        fail();
        complete();
    }

    @Override
    public void onComplete(AsyncEvent event) {
        fail();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }
}
