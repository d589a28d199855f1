package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Whether a log can still be used. The first error of the disk, other than that it is full, fences
 * it for ever: after a failed force nobody knows what is on the disk, and a second one may report
 * success all the same. Thread-safe.
 */
final class LogFence {

    private static final System.Logger LOG = System.getLogger(LogFence.class.getName());
    private static final long DISK_FULL_RETRY_MS = 5_000;

    private final LogId id;
    private volatile @Nullable BusException fence;
    private volatile boolean closed;

    LogFence(LogId id) {
        this.id = id;
    }

    boolean isFenced() {
        return fence != null;
    }

    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true;
    }

    /**
     * Of a log that may be closed.
     *
     * @throws BusException 503 {@code replica-fenced}
     */
    void requireUnfenced() {
        BusException fenced = fence;
        if (fenced != null) {
            throw fenced;
        }
    }

    /**
     * Of a log that is to be changed.
     *
     * @throws BusException 503 {@code replica-fenced}, {@code shutting-down}
     */
    void requireUsable() {
        requireUnfenced();
        if (closed) {
            throw ProblemCode.SHUTTING_DOWN.exception("the log of " + id + " is closed");
        }
    }

    /** What a change answers after the disk failed, with nothing of it in the log. */
    BusException failed(IOException cause) {
        return Disk.isFull(cause) ? diskFull() : stop(cause, Outcome.NONE);
    }

    /** What a call answers that had to open the log, or to create it, and could not. */
    static BusException notOpened(LogId id, IOException cause) {
        if (Disk.isFull(cause)) {
            return diskFull();
        }
        LOG.log(System.Logger.Level.ERROR, "the log of " + id + " cannot be opened", cause);
        return ProblemCode.REPLICA_FENCED.exception(
                "the log of " + id + " cannot be opened: " + cause.getMessage());
    }

    /** 507: nothing of an append was stored. */
    static BusException diskFull() {
        return ProblemCode.DISK_FULL
                .problem("the disk of this broker is full; nothing was stored")
                .withRetryAfterMs(DISK_FULL_RETRY_MS)
                .asException();
    }

    /** Stops this log for ever; the same answer for every later call. */
    BusException stop(IOException cause, Outcome outcome) {
        LOG.log(System.Logger.Level.ERROR, "the log of " + id + " stops after a disk error", cause);
        String detail = "the log of " + id + " stopped after a disk error: " + cause.getMessage();
        if (fence == null) {
            fence = ProblemCode.REPLICA_FENCED.exception(detail);
        }
        return Problem.of(ProblemCode.REPLICA_FENCED, detail).withOutcome(outcome).asException();
    }
}
