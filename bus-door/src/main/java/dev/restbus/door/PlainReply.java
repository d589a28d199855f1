package dev.restbus.door;

import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.Lane;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Brings the answer of a plain request to its caller, at once or on the thread that completes it.
 */
final class PlainReply implements Admission.Parked {

    private final Admission admission;
    private final AnswerBytes bytes;
    private final PlainHead head;
    private final Lane.Caller caller;

    /** Whoever sets it answers, once. */
    private final AtomicBoolean settled = new AtomicBoolean();

    private volatile @Nullable CompletableFuture<Answer> pending;

    PlainReply(Admission admission, AnswerBytes bytes, PlainHead head, Lane.Caller caller) {
        this.admission = admission;
        this.bytes = bytes;
        this.head = head;
        this.caller = caller;
    }

    /** Writes the answer, now or when it is there. */
    void settle(CompletableFuture<Answer> answer) {
        if (answer.isDone()) {
            write(answer);
            return;
        }
        pending = answer;
        admission.park(this);
        answer.whenComplete(
                (value, failure) -> {
                    if (settled.compareAndSet(false, true)) {
                        admission.leave(this);
                        write(answer);
                    }
                });
    }

    @Override
    public void shutDown() {
        if (settled.compareAndSet(false, true)) {
            admission.leave(this);
            CompletableFuture<Answer> answer = pending;
            if (answer != null) {
                answer.cancel(false);
            }
            refuse(
                    ProblemCode.SHUTTING_DOWN
                            .problem("the node stops while this call waits")
                            .withOutcome(Outcome.UNKNOWN),
                    ProblemWriter.traceId(head::header));
        }
    }

    private void write(CompletableFuture<Answer> done) {
        Slice whole;
        try {
            Answer answer = AnswerEncoding.of(head::header, done.join());
            whole = bytes.of(answer, ProblemWriter.sentRequestId(head::header), keepAliveMs());
        } catch (RuntimeException e) {
            String traceId = ProblemWriter.traceId(head::header);
            refuse(ProblemWriter.problemOf(e, fault -> internal(fault, traceId)), traceId);
            return;
        }
        send(whole);
    }

    private Problem internal(Throwable fault, String traceId) {
        return ProblemWriter.internal("POST", head.path(), traceId, fault);
    }

    private void refuse(Problem problem, String traceId) {
        Answer answer = ProblemWriter.answer(problem, head::header, caller.localPort(), traceId);
        send(bytes.of(answer, null, keepAliveMs()));
    }

    private int keepAliveMs() {
        return head.asksToKeepAlive() ? caller.keepAliveTimeoutMs() : 0;
    }

    private void send(Slice whole) {
        caller.answer(whole.bytes(), whole.at(), whole.length());
    }
}
