package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.Connection;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the answer of one hot route to its caller: at once on the thread of the request, or later
 * on the thread that completes it.
 */
final class Reply implements AsyncListener, Admission.Parked {

    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

    /** Larger bodies are written as the caller reads them. */
    private static final int MAX_BLOCKING_BYTES = 64 * 1024;

    private final Admission admission;
    private final Deadlines deadlines;
    private final HttpServletRequest request;
    private final HttpServletResponse response;

    /** Set for an answer that came later than its call: whoever sets it answers, once. */
    private final AtomicBoolean settled = new AtomicBoolean();

    private volatile @Nullable CompletableFuture<Answer> pending;
    private volatile @Nullable AsyncContext parkedIn;
    private volatile @Nullable Runnable ending;
    private volatile @Nullable Connection guard;

    Reply(
            Admission admission,
            Deadlines deadlines,
            HttpServletRequest request,
            HttpServletResponse response) {
        this.admission = admission;
        this.deadlines = deadlines;
        this.request = request;
        this.response = response;
    }

    /**
     * Has the answer written and the request completed under the lock of its connection: for a body
     * that is read by threads which are not the container's, so that the container may be about to
     * read as well.
     */
    void guardBy(Connection newGuard) {
        guard = newGuard;
    }

    /** What is done behind a written answer instead of completing the request. */
    void instead(Runnable newEnding) {
        ending = newEnding;
    }

    /**
     * Writes the answer, now or when it is there.
     *
     * @param context null while the request is not asynchronous
     */
    void settle(@Nullable AsyncContext context, CompletableFuture<Answer> answer) {
        if (answer.isDone()) {
            write(context, answer);
        } else {
            park(context == null ? startAsync() : context, answer);
        }
    }

    private AsyncContext startAsync() {
        AsyncContext context = request.startAsync();
        context.setTimeout(0);
        return context;
    }

    private void park(AsyncContext context, CompletableFuture<Answer> answer) {
        context.addListener(this);
        parkedIn = context;
        pending = answer;
        admission.park(this);
        answer.whenComplete(
                (value, failure) -> {
                    if (settled.compareAndSet(false, true)) {
                        admission.leave(this);
                        write(context, answer);
                    }
                });
    }

    private void write(@Nullable AsyncContext context, CompletableFuture<Answer> done) {
        Connection own = guard;
        if (own == null) {
            writeNow(context, done);
            return;
        }
        own.lock();
        try {
            writeNow(context, done);
        } finally {
            own.unlock();
        }
    }

    private void writeNow(@Nullable AsyncContext context, CompletableFuture<Answer> done) {
        Answer answer;
        try {
            answer = AnswerEncoding.of(request::getHeader, done.join());
        } catch (RuntimeException e) {
            writeFailure(e);
            complete(context);
            return;
        }
        AnswerStream stream = answer.stream();
        if (stream != null) {
            writeStream(context == null ? startAsync() : context, answer, stream);
        } else if (answer.body().length() > MAX_BLOCKING_BYTES && !isHead()) {
            writeHead(answer);
            writeLarge(context == null ? startAsync() : context, answer);
        } else {
            boolean written = writeSmall(answer, context != null);
            tell(answer, written);
            complete(context);
        }
    }

    private void complete(@Nullable AsyncContext context) {
        Runnable own = ending;
        if (own != null) {
            own.run();
        } else if (context != null) {
            context.complete();
        }
    }

    private boolean writeSmall(Answer answer, boolean late) {
        try {
            writeHead(answer);
            Slice content = answer.body();
            if (content.length() > 0 && !isHead()) {
                response.getOutputStream().write(content.bytes(), content.at(), content.length());
            }
            if (late || answer.onWritten() != null) {
                // Only a flush tells on this thread whether the connection took it.
                response.flushBuffer();
            }
            return true;
        } catch (IOException e) {
            LOG.debug("the caller left before its answer", e);
        } catch (RuntimeException e) {
            writeFailure(e);
        }
        return false;
    }

    private void writeLarge(AsyncContext context, Answer answer) {
        try {
            new SlowWriter(
                            context,
                            Connection.of(request),
                            answer.body(),
                            deadlines,
                            whole -> tell(answer, whole))
                    .start();
        } catch (IOException e) {
            tell(answer, false);
            context.complete();
        }
    }

    private void writeStream(AsyncContext context, Answer answer, AnswerStream stream) {
        try {
            if (!isHead()) {
                startStream(context, answer, stream);
                return;
            }
            writeHead(answer);
        } catch (IOException | BusException e) {
            writeFailure(e);
        }
        stream.close();
        context.complete();
    }

    private void startStream(AsyncContext context, Answer answer, AnswerStream stream)
            throws IOException {
        StreamWriter writer =
                new StreamWriter(admission, deadlines, stream, context, Connection.of(request));
        admission.answerStreams().enter(writer);
        writeHead(answer);
        writer.start();
    }

    private void writeHead(Answer answer) {
        response.setStatus(answer.status());
        if (answer.contentType() != null) {
            response.setContentType(answer.contentType());
        }
        List<String> headers = answer.headers();
        for (int i = 0; i + 1 < headers.size(); i += 2) {
            response.addHeader(headers.get(i), headers.get(i + 1));
        }
        String requestId = ProblemWriter.sentRequestId(request::getHeader);
        if (requestId != null) {
            response.setHeader(ProblemWriter.REQUEST_ID, requestId);
        }
        if (answer.stream() == null) {
            response.setContentLength(answer.body().length());
        }
    }

    private static void tell(Answer answer, boolean written) {
        Consumer<Boolean> listener = answer.onWritten();
        if (listener != null) {
            listener.accept(written);
        }
    }

    private boolean isHead() {
        return request.getMethod().equals("HEAD");
    }

    private void writeFailure(Throwable failure) {
        Problem problem =
                ProblemWriter.problemOf(failure, fault -> ProblemWriter.internal(request, fault));
        ProblemWriter.write(request, response, problem);
    }

    @Override
    public void onComplete(AsyncEvent event) {
        abandon();
    }

    /** The connector stops: it gives each waiting request one last turn. */
    @Override
    public void onTimeout(AsyncEvent event) {
        shutDown();
    }

    @Override
    public void shutDown() {
        AsyncContext context = parkedIn;
        if (context != null && abandon()) {
            boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
            ProblemWriter.write(
                    request,
                    response,
                    ProblemCode.SHUTTING_DOWN
                            .problem("the node stops while this call waits")
                            .withOutcome(reads ? Outcome.NONE : Outcome.UNKNOWN));
            context.complete();
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        if (abandon()) {
            event.getAsyncContext().complete();
        }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    /** Takes the right to answer away from the handler; false if it has begun to. */
    private boolean abandon() {
        if (!settled.compareAndSet(false, true)) {
            return false;
        }
        admission.leave(this);
        CompletableFuture<Answer> answer = pending;
        if (answer != null) {
            answer.cancel(false);
        }
        return true;
    }
}
