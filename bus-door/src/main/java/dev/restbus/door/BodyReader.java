package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.encoding.ContentDecoder;
import dev.restbus.door.tomcat.ErrorValve;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request body whole without ever blocking a thread, and undoes its encoding on the way:
 * what has arrived at once, the rest as it comes. Limits are those of the decoded body. A body that
 * is too large, too slow or malformed is answered here; then what still comes of it is thrown away
 * for a moment, so that the caller can read the answer before the connection closes. Its lock
 * orders the container's calls and the deadline's.
 */
final class BodyReader implements ReadListener, Deadlines.Watched {

    /** Takes the body when it is whole, on a thread of the container. */
    @FunctionalInterface
    interface Receiver {
        void accept(AsyncContext context, Slice whole);
    }

    private enum State {
        READING,
        LINGERING,
        ENDED
    }

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final DoorProperties limits;
    private final Deadlines deadlines;

    /** What was announced; -1 for a chunked body. */
    private final long contentLength;

    private final BodyBuffer buffer;

    private State state = State.READING;
    private long startNanos;
    private long lingerUntilNanos;
    private @Nullable AsyncContext context;
    private @Nullable Receiver receiver;

    BodyReader(
            HttpServletRequest request,
            HttpServletResponse response,
            DoorProperties limits,
            Admission admission,
            Deadlines deadlines,
            @Nullable ContentDecoder decoder) {
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.deadlines = deadlines;
        this.contentLength = request.getContentLengthLong();
        // One byte more shows that a body is too large.
        long most = limits.maxBodyBytes() + 1L;
        this.buffer =
                new BodyBuffer(
                        admission,
                        contentLength >= 0 && decoder == null ? contentLength : most,
                        decoder);
    }

    static Problem tooLarge(long size, int max) {
        return ProblemCode.BODY_TOO_LARGE
                .problem("the body has " + size + " bytes, at most " + max)
                .with("maxBytes", max);
    }

    /**
     * Reads what is buffered; whether that is all of it.
     *
     * @throws BusException if what came is refused
     */
    boolean readBuffered() throws IOException {
        if (contentLength < 0) {
            return false;
        }
        try {
            ServletInputStream in = request.getInputStream();
            // While available() is not 0 a read takes from memory and does not wait.
            while (buffer.arrived() < contentLength && in.available() > 0 && takeIn(in)) {
                continue;
            }
            if (buffer.arrived() < contentLength) {
                return false;
            }
            buffer.finish();
            buffer.release();
            return true;
        } catch (IOException | RuntimeException e) {
            buffer.release();
            throw e;
        }
    }

    Slice whole() {
        return buffer.slice();
    }

    /**
     * Reads on without a thread; failures are answered here.
     *
     * @throws BusException 429 {@code backpressure}
     */
    void readOn(HttpServletRequest asyncRequest, Receiver whenWhole) throws IOException {
        receiver = whenWhole;
        try {
            buffer.count();
        } catch (BusException e) {
            buffer.release();
            throw e;
        }
        startNanos = System.nanoTime();
        context = request.startAsync(asyncRequest, response);
        context.setTimeout(0);
        if (request.getAttribute(ErrorValve.CONTINUE) instanceof Runnable goOn) {
            goOn.run();
        }
        deadlines.add(this);
        request.getInputStream().setReadListener(this);
    }

    /** Throws away what is buffered of the body; whether nothing is left to come. */
    boolean skipBuffered() throws IOException {
        if (contentLength == 0
                || (contentLength < 0 && request.getHeader("Transfer-Encoding") == null)) {
            return true;
        }
        ServletInputStream in = request.getInputStream();
        if (contentLength > 0) {
            byte[] scrap = new byte[BodyBuffer.FIRST_BYTES];
            while (in.available() > 0 && in.read(scrap) >= 0) {
                continue;
            }
        }
        return in.isFinished();
    }

    /** Answers before the body came. */
    void refuse(Problem problem) throws IOException {
        response.setHeader("Connection", "close");
        ProblemWriter.write(request, response, problem);
        linger();
    }

    /** Sends the answer, then waits a moment for the rest of the body. */
    void linger() throws IOException {
        response.setHeader("Connection", "close");
        response.flushBuffer();
        context = request.startAsync();
        context.setTimeout(0);
        if (request.getHeader("Expect") != null) {
            context.complete();
            return;
        }
        synchronized (this) {
            startLinger();
        }
        deadlines.add(this);
        request.getInputStream().setReadListener(this);
    }

    @Override
    public void onDataAvailable() throws IOException {
        synchronized (this) {
            ServletInputStream in = request.getInputStream();
            while (state == State.READING && in.isReady() && takeInOrRefuse(in)) {
                continue;
            }
            if (state == State.LINGERING) {
                ErrorValve.discard(request);
            }
        }
    }

    private boolean takeInOrRefuse(ServletInputStream in) throws IOException {
        try {
            return takeIn(in);
        } catch (BusException e) {
            startLinger();
            answerAndFlush(e.problem());
            return true;
        }
    }

    /** Reads one piece and decodes it; false at the end. */
    private boolean takeIn(ServletInputStream in) throws IOException {
        boolean more = buffer.readFrom(in);
        do {
            long size = Math.max(buffer.size(), buffer.arrived());
            if (size > limits.maxBodyBytes()) {
                throw ProblemCode.BODY_TOO_LARGE
                        .problem(
                                "the body has more than "
                                        + limits.maxBodyBytes()
                                        + " bytes; reading stopped after "
                                        + size)
                        .with("maxBytes", limits.maxBodyBytes())
                        .asException();
            }
        } while (buffer.decode() > 0);
        return more;
    }

    @Override
    public void onAllDataRead() {
        boolean whole;
        BusException cut = null;
        synchronized (this) {
            whole = state == State.READING;
            boolean lingering = state == State.LINGERING;
            if (whole) {
                cut = cutShort();
            }
            end();
            if (lingering) {
                complete();
            }
        }
        if (whole) {
            deliver(cut);
        }
    }

    /** What is wrong with the end of the encoding, or null. */
    private @Nullable BusException cutShort() {
        try {
            buffer.finish();
            return null;
        } catch (BusException e) {
            return e;
        }
    }

    @Override
    public void onError(Throwable failure) {
        synchronized (this) {
            boolean reading = state == State.READING;
            if (state == State.ENDED) {
                return;
            }
            end();
            if (reading && !(failure instanceof EOFException)) {
                answerAndFlush(broken(failure, buffer.arrived()));
            }
            complete();
        }
    }

    /** Why nothing more of a body came. */
    static Problem broken(Throwable failure, long arrived) {
        return failure instanceof SocketTimeoutException
                ? ProblemCode.BODY_TIMEOUT.problem(
                        "nothing more came after " + arrived + " bytes of the body")
                : ProblemCode.MALFORMED_REQUEST.problem(
                        "the body is not framed as HTTP says: " + failure.getMessage());
    }

    @Override
    public void checkDeadline(long nowNanos) {
        synchronized (this) {
            long arrived = buffer.arrived();
            if (state == State.READING && deadlines.isLate(startNanos, nowNanos, arrived)) {
                end();
                answerAndFlush(late(deadlines, nowNanos - startNanos, arrived));
                complete();
            } else if (state == State.LINGERING && nowNanos - lingerUntilNanos >= 0) {
                end();
                complete();
            }
        }
    }

    /** Why a body is not waited for any longer. */
    static Problem late(Deadlines deadlines, long tookNanos, long arrived) {
        return ProblemCode.BODY_TIMEOUT.problem(
                arrived
                        + " bytes of the body came in "
                        + TimeUnit.NANOSECONDS.toMillis(tookNanos)
                        + " ms; it has "
                        + deadlines.described());
    }

    private void startLinger() {
        buffer.release();
        state = State.LINGERING;
        lingerUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.lingerMs());
    }

    private void deliver(@Nullable BusException cut) {
        try {
            if (cut != null) {
                throw cut;
            }
            require(receiver).accept(require(context), whole());
        } catch (BusException e) {
            ProblemWriter.write(request, response, e.problem());
            complete();
        } catch (RuntimeException e) {
            ProblemWriter.write(request, response, ProblemWriter.internal(request, e));
            complete();
        }
    }

    private void answerAndFlush(Problem problem) {
        response.setHeader("Connection", "close");
        ProblemWriter.write(request, response, problem);
        try {
            response.flushBuffer();
        } catch (IOException e) {
            // The caller is gone; the connection is closed next.
            return;
        }
    }

    private void end() {
        buffer.release();
        state = State.ENDED;
        deadlines.remove(this);
    }

    private void complete() {
        require(context).complete();
    }

    private static <T> T require(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("the body is not read asynchronously");
        }
        return value;
    }
}
