package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.ErrorValve;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request body whole without ever blocking a thread: what has arrived at once, the rest
 * as it comes. A body that is too large, too slow or malformed is answered here; then what still
 * comes of it is thrown away for a moment, so that the caller can read the answer before the
 * connection closes. Its lock orders the container's calls and the deadline's.
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

    private static final int FIRST_BYTES = 16 * 1024;

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final DoorProperties limits;
    private final Admission admission;
    private final Deadlines deadlines;

    /** What was announced; -1 for a chunked body. */
    private final long contentLength;

    private byte[] bytes = FrontDoor.NO_BODY.bytes();
    private int length;

    /** What of the common memory for incomplete bodies this one holds. */
    private long taken;

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
            Deadlines deadlines) {
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.admission = admission;
        this.deadlines = deadlines;
        this.contentLength = request.getContentLengthLong();
    }

    static Problem tooLarge(long size, int max) {
        return ProblemCode.BODY_TOO_LARGE
                .problem("the body has " + size + " bytes, at most " + max)
                .with("maxBytes", max);
    }

    /** Reads what is buffered; whether that is all of it. */
    boolean readBuffered() throws IOException {
        if (contentLength < 0) {
            return false;
        }
        ServletInputStream in = request.getInputStream();
        bytes = new byte[(int) Math.min(contentLength, FIRST_BYTES)];
        // While available() is not 0 a read takes from memory and does not wait.
        while (length < contentLength && in.available() > 0) {
            grow();
            int count = in.read(bytes, length, bytes.length - length);
            if (count < 0) {
                break;
            }
            length += count;
        }
        return length == contentLength;
    }

    Slice whole() {
        return new Slice(bytes, 0, length);
    }

    /** Reads on without a thread; failures are answered here. */
    void readOn(HttpServletRequest asyncRequest, Receiver whenWhole) throws IOException {
        receiver = whenWhole;
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
            byte[] scrap = new byte[FIRST_BYTES];
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
            while (state != State.ENDED && in.isReady()) {
                growWithin();
                int count = in.read(bytes, length, bytes.length - length);
                if (count < 0) {
                    break;
                }
                if (state == State.READING) {
                    length += count;
                    refuseIfTooLarge();
                }
            }
        }
    }

    @Override
    public void onAllDataRead() {
        boolean whole;
        synchronized (this) {
            whole = state == State.READING;
            boolean lingering = state == State.LINGERING;
            end();
            if (lingering) {
                complete();
            }
        }
        if (whole) {
            deliver();
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
                answerAndFlush(
                        failure instanceof SocketTimeoutException
                                ? ProblemCode.BODY_TIMEOUT.problem(
                                        "nothing more came after " + length + " bytes of the body")
                                : ProblemCode.MALFORMED_REQUEST.problem(
                                        "the body is not framed as HTTP says: "
                                                + failure.getMessage()));
            }
            complete();
        }
    }

    @Override
    public void checkDeadline(long nowNanos) {
        synchronized (this) {
            if (state == State.READING && deadlines.isLate(startNanos, nowNanos, length)) {
                String late =
                        length
                                + " bytes of the body came in "
                                + TimeUnit.NANOSECONDS.toMillis(nowNanos - startNanos)
                                + " ms; it has "
                                + deadlines.described();
                end();
                answerAndFlush(ProblemCode.BODY_TIMEOUT.problem(late));
                complete();
            } else if (state == State.LINGERING && nowNanos - lingerUntilNanos >= 0) {
                end();
                complete();
            }
        }
    }

    private void refuseIfTooLarge() {
        if (length > limits.maxBodyBytes()) {
            turnAway(
                    ProblemCode.BODY_TOO_LARGE
                            .problem(
                                    "the body has more than "
                                            + limits.maxBodyBytes()
                                            + " bytes; reading stopped after "
                                            + length)
                            .with("maxBytes", limits.maxBodyBytes()));
        }
    }

    private void turnAway(Problem problem) {
        startLinger();
        answerAndFlush(problem);
    }

    private void startLinger() {
        admission.giveBackBytes(taken);
        taken = 0;
        state = State.LINGERING;
        lingerUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.lingerMs());
        bytes = new byte[FIRST_BYTES];
        length = 0;
    }

    private void deliver() {
        try {
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
        admission.giveBackBytes(taken);
        taken = 0;
        state = State.ENDED;
        deadlines.remove(this);
    }

    private void complete() {
        require(context).complete();
    }

    /** Grows within the common memory; turns the body away where that is used up. */
    private void growWithin() {
        if (state != State.READING || length < bytes.length) {
            return;
        }
        long more = nextSize() - taken;
        if (admission.takeBytes(more)) {
            taken += more;
            grow();
        } else {
            turnAway(
                    ProblemCode.BACKPRESSURE.problem(
                            "the memory for bodies that have not come whole is used up"));
        }
    }

    private void grow() {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, nextSize());
        }
    }

    /** Room for at least one byte more, and for one byte at most above the limit. */
    private int nextSize() {
        long wanted = Math.max(FIRST_BYTES, 2L * length);
        long most = contentLength >= 0 ? contentLength : limits.maxBodyBytes() + 1L;
        return (int) Math.max(length + 1L, Math.min(wanted, most));
    }

    private static <T> T require(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("the body is not read asynchronously");
        }
        return value;
    }
}
