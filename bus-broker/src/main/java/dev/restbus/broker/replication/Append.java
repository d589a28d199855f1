package dev.restbus.broker.replication;

import dev.restbus.api.Acks;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Batches on their way into a partition, all in a row or none, and the answer to who sent them.
 * Passed from the thread that brings it to the one that writes it.
 */
final class Append {

    private final List<Slice> batches;
    private final int recordCount;
    private final long sizeBytes;
    private final Acks acks;
    private final boolean awaited;
    private final long deadlineNanos;
    private final @Nullable Runnable released;
    private final boolean told;
    private final CompletableFuture<Long> answer = new CompletableFuture<>();

    /** Set before the answer; null if it was appended. */
    private Repeats.@Nullable Stored stored;

    /**
     * @param awaited whether somebody waits until it is forced
     * @param timeoutMs how long {@link Acks#ALL} waits
     * @param released run once the bytes of the batches are not needed any more
     */
    Append(
            List<Slice> batches,
            Acks acks,
            boolean awaited,
            long timeoutMs,
            @Nullable Runnable released) {
        int records = 0;
        long bytes = 0;
        boolean anyTold = false;
        for (Slice batch : batches) {
            records += RecordBatch.recordCount(batch.bytes(), batch.at());
            bytes += batch.length();
            anyTold |= Repeats.isTold(batch.bytes(), batch.at());
        }
        this.batches = batches;
        this.recordCount = records;
        this.sizeBytes = bytes;
        this.told = anyTold;
        this.acks = acks;
        this.awaited = awaited;
        this.deadlineNanos = System.nanoTime() + timeoutMs * 1_000_000;
        this.released = released;
    }

    List<Slice> batches() {
        return batches;
    }

    int recordCount() {
        return recordCount;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** Whether it is answered only once it is below the high watermark. */
    boolean isForAll() {
        return acks == Acks.ALL;
    }

    /** Whether somebody waits until it is forced. */
    boolean isAwaited() {
        return awaited;
    }

    /** Whether a batch says whose it is, so that it may be in the log already. */
    boolean isTold() {
        return told;
    }

    /** On the {@link System#nanoTime} clock. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    boolean isLate(long nowNanos) {
        return nowNanos - deadlineNanos >= 0;
    }

    /** Completes with the base offset. */
    CompletableFuture<Long> answer() {
        return answer;
    }

    /** It is in the log already. */
    void found(Repeats.Stored where) {
        stored = where;
    }

    /** Where it is in the log already; null if it was appended. Asked once it is answered. */
    Repeats.@Nullable Stored stored() {
        return stored;
    }

    /** Its bytes are not needed any more. */
    void release() {
        if (released != null) {
            released.run();
        }
    }
}
