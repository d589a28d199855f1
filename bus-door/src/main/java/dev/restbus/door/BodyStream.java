package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.door.encoding.ContentDecoder;
import dev.restbus.door.tomcat.Connection;
import dev.restbus.door.tomcat.ErrorValve;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a body to its {@link BodyConsumer} piece by piece and holds no thread between them.
 *
 * <p>Whatever happens sets a field and signals. One thread at a time then goes through the steps
 * that are possible, without a lock: the container calls with the lock of the socket held, and the
 * consumer may complete the futures of others, so any lock of ours could close a circle. Only
 * threads of the container's pool read, so that nobody else's thread does the work of a stream.
 */
final class BodyStream implements ReadListener, Deadlines.Watched {

    private static final Logger LOG = LoggerFactory.getLogger(BodyStream.class);

    /** A fast caller's pieces; one that the consumer does not take yet grows beyond. */
    private static final int PIECE_BYTES = 256 * 1024;

    private enum Phase {
        READING,
        TAKING,
        ANSWERING,
        LINGERING,
        ENDED
    }

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final DoorProperties limits;
    private final Admission admission;
    private final Deadlines deadlines;
    private final BodyBuffer buffer;
    private final BodyConsumer consumer;
    private final Reply reply;

    /** Happenings that nobody has looked at; whoever raises it from 0 looks until it is 0. */
    private final AtomicInteger signals = new AtomicInteger();

    private volatile @Nullable Connection connection;
    private volatile @Nullable AsyncContext context;

    // What happened, set before a signal.
    private volatile boolean allRead;
    private volatile boolean containerCalls;
    private volatile @Nullable BusException broken;
    private volatile @Nullable CompletableFuture<Integer> step;
    private volatile boolean answered;
    private volatile boolean lingered;

    /** The container could not read on; it ends the request when it has told so. */
    private volatile boolean failed;

    /** The container has ended the request by itself, so its objects are no longer ours. */
    private volatile boolean gone;

    // Written by whoever goes through the steps.
    private volatile Phase phase = Phase.READING;
    private volatile long clockNanos;
    private volatile long lingerUntilNanos;
    private long stepNanos;
    private boolean unreadable;
    private int wanted = PIECE_BYTES;

    /** How much the consumer has seen and left. */
    private int left;

    BodyStream(
            HttpServletRequest request,
            HttpServletResponse response,
            DoorProperties limits,
            Admission admission,
            Deadlines deadlines,
            @Nullable ContentDecoder decoder,
            BodyConsumer consumer,
            Reply reply) {
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.admission = admission;
        this.deadlines = deadlines;
        this.buffer = new BodyBuffer(admission, Integer.MAX_VALUE, decoder);
        this.consumer = consumer;
        this.reply = reply;
    }

    /**
     * Reads from now on.
     *
     * @throws BusException 429 {@code backpressure}, before anything has begun
     */
    void start() throws IOException {
        try {
            buffer.count();
        } catch (BusException e) {
            buffer.release();
            throw e;
        }
        clockNanos = System.nanoTime();
        AsyncContext started = request.startAsync(request, response);
        started.setTimeout(0);
        context = started;
        Connection own = Connection.of(request);
        connection = own;
        reply.guardBy(own);
        if (request.getAttribute(ErrorValve.CONTINUE) instanceof Runnable goOn) {
            goOn.run();
        }
        containerCalls = true;
        deadlines.add(this);
        admission.bodyStreams().add(this);
        request.getInputStream().setReadListener(this);
    }

    @Override
    public void onDataAvailable() throws IOException {
        containerCalls = false;
        signal(true);
    }

    @Override
    public void onAllDataRead() {
        allRead = true;
        signal();
    }

    @Override
    public void onError(Throwable failure) {
        failed = true;
        breakOff(BodyReader.broken(failure, buffer.arrived()).asException());
        if (phase != Phase.ENDED) {
            // The consumer is at work, and the container does not wait for it.
            gone = true;
            signal();
        }
    }

    @Override
    public void checkDeadline(long nowNanos) {
        long arrived = buffer.arrived();
        if (phase == Phase.READING && deadlines.isLate(clockNanos, nowNanos, arrived)) {
            breakOff(BodyReader.late(deadlines, nowNanos - clockNanos, arrived).asException());
        } else if (phase == Phase.LINGERING && nowNanos - lingerUntilNanos >= 0) {
            lingered = true;
            signal();
        }
    }

    /** Ends the stream because the node stops. */
    void shutDown() {
        breakOff(ProblemCode.SHUTTING_DOWN.exception("the node stops while this body comes"));
    }

    private void breakOff(BusException why) {
        if (broken == null) {
            broken = why;
        }
        signal();
    }

    private void signal() {
        try {
            signal(false);
        } catch (IOException e) {
            throw new IllegalStateException("only the container's threads read", e);
        }
    }

    private void signal(boolean mayRead) throws IOException {
        if (signals.getAndIncrement() > 0) {
            return;
        }
        int seen = 1;
        while (seen > 0) {
            try {
                goThroughSteps(mayRead);
            } catch (RuntimeException e) {
                LOG.warn("a body could not be streamed", e);
                end();
            } catch (IOException e) {
                signals.set(0);
                throw e;
            }
            seen = signals.addAndGet(-seen);
        }
    }

    private void goThroughSteps(boolean mayRead) throws IOException {
        boolean onward = true;
        while (onward) {
            onward =
                    switch (phase) {
                        case READING -> read(mayRead);
                        case TAKING -> afterTake();
                        case ANSWERING -> afterAnswer();
                        case LINGERING -> linger(mayRead);
                        case ENDED -> false;
                    };
        }
    }

    /** Each step says whether another one may be possible. */
    private boolean read(boolean mayRead) throws IOException {
        // What the consumer left behind a piece is looked at before more is put behind it.
        boolean over = buffer.size() == left && fill(mayRead);
        if (buffer.size() > left) {
            take();
            return true;
        }
        if (over || broken != null) {
            finish();
            return true;
        }
        buffer.shrink();
        callReader(mayRead);
        return false;
    }

    /** Gets what is wanted or what there is; whether the body is over. */
    private boolean fill(boolean mayRead) throws IOException {
        try {
            ServletInputStream in = mayRead ? request.getInputStream() : null;
            while (buffer.size() < wanted && !unreadable) {
                if (buffer.decode() > 0) {
                    continue;
                }
                if (broken != null || in == null || !isReady(in) || !buffer.readFrom(in)) {
                    return isOver();
                }
            }
        } catch (BusException e) {
            unreadable = true;
            broken = e;
        }
        return false;
    }

    private boolean isReady(ServletInputStream in) {
        boolean ready = in.isReady();
        containerCalls = !ready;
        return ready;
    }

    private boolean isOver() {
        if (allRead) {
            buffer.finish();
        }
        return allRead;
    }

    private void take() {
        left = buffer.size();
        stepNanos = System.nanoTime();
        phase = Phase.TAKING;
        CompletableFuture<Integer> taken;
        try {
            taken = consumer.take(buffer.slice());
        } catch (RuntimeException | Error e) {
            taken = CompletableFuture.failedFuture(e);
        }
        step = taken;
        if (!taken.isDone()) {
            taken.whenComplete((count, failure) -> goOnElsewhere());
        }
    }

    /** Off the thread that completed the step, which has work of its own. */
    private void goOnElsewhere() {
        if (gone || !startReading()) {
            signal();
        }
    }

    private boolean startReading() {
        AsyncContext own = context;
        try {
            if (own != null) {
                own.start(this::readOn);
                return true;
            }
        } catch (RuntimeException e) {
            LOG.debug("the container has ended the request, or ends itself", e);
        }
        return false;
    }

    private void readOn() {
        try {
            signal(true);
        } catch (IOException e) {
            // The container keeps it in mind and tells onError, where it can be answered.
            ErrorValve.raise(request);
        }
    }

    private boolean afterTake() {
        CompletableFuture<Integer> taken = step;
        if (taken == null || !taken.isDone()) {
            return false;
        }
        step = null;
        clockNanos += System.nanoTime() - stepNanos;
        phase = Phase.READING;
        if (taken.isCompletedExceptionally()) {
            answer(taken.thenApply(count -> Answer.empty(500)));
            return true;
        }
        int count = taken.join();
        if (count == BodyConsumer.STOP) {
            broken = null;
            finish();
        } else if (count > 0) {
            buffer.drop(count);
            left = 0;
            wanted = PIECE_BYTES;
        } else {
            wanted = left + PIECE_BYTES;
        }
        return true;
    }

    private void finish() {
        CompletableFuture<Answer> answer;
        try {
            answer = consumer.finish(buffer.slice(), broken);
        } catch (RuntimeException | Error e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer(answer);
    }

    private void answer(CompletableFuture<Answer> answer) {
        phase = Phase.ANSWERING;
        admission.bodyStreams().remove(this);
        deadlines.remove(this);
        answer.whenComplete((value, failure) -> buffer.release());
        if (gone) {
            phase = Phase.ENDED;
            return;
        }
        if (!allRead) {
            response.setHeader("Connection", "close");
        }
        if (allRead || failed) {
            phase = Phase.ENDED;
        } else {
            reply.instead(this::afterUnread);
        }
        reply.settle(context, answer);
    }

    /** The answer to a body that has not come whole is written. */
    private void afterUnread() {
        answered = true;
        signal();
    }

    /** Waits a moment, so that the caller can read the answer before the connection closes. */
    private boolean afterAnswer() throws IOException {
        if (!answered) {
            return false;
        }
        if (gone) {
            phase = Phase.ENDED;
            return false;
        }
        lingerUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.lingerMs());
        phase = Phase.LINGERING;
        deadlines.add(this);
        return true;
    }

    private boolean linger(boolean mayRead) throws IOException {
        if (lingered || allRead || failed) {
            end();
            return false;
        }
        if (mayRead) {
            containerCalls = true;
            if (ErrorValve.discard(request)) {
                end();
                return false;
            }
        }
        callReader(mayRead);
        return false;
    }

    private void end() {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        admission.bodyStreams().remove(this);
        deadlines.remove(this);
        buffer.release();
        complete();
    }

    /** Under the lock, since the container may be about to read, which it must not after this. */
    private void complete() {
        AsyncContext own = context;
        Connection guard = connection;
        if (own == null || guard == null) {
            return;
        }
        guard.lock();
        try {
            if (!gone) {
                own.complete();
            }
        } finally {
            guard.unlock();
        }
    }

    /** Sees to it that a thread comes to read, unless the container calls by itself. */
    private void callReader(boolean mayRead) {
        if (!mayRead && !containerCalls && !allRead && !gone) {
            startReading();
        }
    }
}
