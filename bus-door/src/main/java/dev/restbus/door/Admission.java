package dev.restbus.door;

import dev.restbus.api.ProblemCode;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what requests hold while they wait: how many wait for their answer, how many answers are
 * streamed, and the memory of bodies that have not come whole and of pieces that have not left.
 * Thread-safe.
 */
final class Admission {

    /** An answer that is waited for. */
    interface Parked {

        /** Ends the wait because the node stops; what the handler began may still happen. */
        void shutDown();
    }

    private final int maxParked;
    private final long maxBodyBytes;
    private final AtomicInteger parked = new AtomicInteger();
    private final Set<Parked> waiting = ConcurrentHashMap.newKeySet();
    private final Set<BodyStream> bodyStreams = ConcurrentHashMap.newKeySet();
    private final AtomicLong bodyBytes = new AtomicLong();
    private final AnswerStreams answerStreams;

    Admission(int maxParked, long maxBodyBytes, AnswerStreams answerStreams) {
        this.maxParked = maxParked;
        this.maxBodyBytes = maxBodyBytes;
        this.answerStreams = answerStreams;
    }

    /**
     * Refuses a request before its handler has done anything, so that the outcome is surely none.
     *
     * @throws dev.restbus.api.BusException 429 {@code too-many-parked}
     */
    void requireRoom() {
        if (parked.get() >= maxParked) {
            throw ProblemCode.TOO_MANY_PARKED.exception(
                    maxParked + " requests are waiting for their answers, which is the most");
        }
    }

    void park(Parked reply) {
        parked.incrementAndGet();
        waiting.add(reply);
    }

    void leave(Parked reply) {
        waiting.remove(reply);
        parked.decrementAndGet();
    }

    /** Who waits now. */
    Set<Parked> waiting() {
        return waiting;
    }

    /** The answers that are being streamed. */
    AnswerStreams answerStreams() {
        return answerStreams;
    }

    /** The bodies that are streamed now; each adds and removes itself. */
    Set<BodyStream> bodyStreams() {
        return bodyStreams;
    }

    /** Takes memory for a body that comes or goes in pieces; false where there is no more. */
    boolean takeBytes(long count) {
        if (bodyBytes.addAndGet(count) <= maxBodyBytes) {
            return true;
        }
        bodyBytes.addAndGet(-count);
        return false;
    }

    /** The memory that is taken now. */
    long bytesTaken() {
        return bodyBytes.get();
    }

    void giveBackBytes(long count) {
        bodyBytes.addAndGet(-count);
    }
}
