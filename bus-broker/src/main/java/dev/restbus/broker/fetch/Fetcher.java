package dev.restbus.broker.fetch;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.replication.HighWatermark;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition from an offset, at once or as soon as there is something to read. A wait
 * holds no thread: it stands in the partition's {@link HighWatermark} until that moves or the time
 * is up. Thread-safe.
 */
public final class Fetcher {

    public static final long MAX_WAIT_MS = 30_000;

    private final ScheduledExecutorService timer;

    /**
     * Waits with the help of {@code timer}.
     *
     * @param timer ends waits; its tasks are short
     */
    public Fetcher(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /**
     * What a read found.
     *
     * @param batches whole batches; the first may begin before {@code offset}
     * @param offset where the reader asked to begin
     */
    public record Fetched(LogSlice batches, long offset, long highWatermark, long logStart) {}

    /**
     * Reads from {@code offset}.
     *
     * @param maxBytes how many bytes of batches; one batch comes however large it is
     * @param waitMs how long to wait for a record, 0 to {@link #MAX_WAIT_MS}
     * @return completes with nothing to read once the wait is over; fails with 416 {@code
     *     offset-out-of-range}, 500 {@code corrupt-record}, 422 {@code wait-too-long}
     */
    public CompletableFuture<Fetched> read(
            PartitionLeader leader, long offset, int maxBytes, long waitMs) {
        requireWait(waitMs);
        Fetched now = readNow(leader, offset, maxBytes);
        if (now.batches().length() > 0 || waitMs == 0) {
            return CompletableFuture.completedFuture(now);
        }
        return new Park(leader, offset, maxBytes).begin(waitMs);
    }

    /**
     * Checks a wait.
     *
     * @throws BusException 422 {@code wait-too-long}
     */
    public static void requireWait(long waitMs) {
        if (waitMs > MAX_WAIT_MS) {
            throw ProblemCode.WAIT_TOO_LONG.exceptionAt(
                    "wait", "a wait is at most " + MAX_WAIT_MS + "ms, not " + waitMs + "ms");
        }
    }

    private static Fetched readNow(PartitionLeader leader, long offset, int maxBytes) {
        LogSlice batches = leader.read(offset, maxBytes);
        return new Fetched(batches, offset, leader.highWatermark().offset(), leader.logStart());
    }

    /** One wait: whoever ends it, mark or timer, cancels the other. */
    private final class Park extends CompletableFuture<Fetched> {
        private final PartitionLeader leader;
        private final long offset;
        private final int maxBytes;
        private volatile @Nullable ScheduledFuture<?> timeout;

        Park(PartitionLeader leader, long offset, int maxBytes) {
            this.leader = leader;
            this.offset = offset;
            this.maxBytes = maxBytes;
        }

        CompletableFuture<Fetched> begin(long waitMs) {
            HighWatermark.Waiter waiter =
                    leader.highWatermark()
                            .await(offset + 1, HighWatermark.NO_DEADLINE, this::onMoved);
            if (waiter != null) {
                timeout = timer.schedule(() -> onTimeout(waiter), waitMs, TimeUnit.MILLISECONDS);
                if (isDone()) {
                    cancelTimeout();
                }
            }
            return this;
        }

        private void onMoved(@Nullable BusException failure) {
            cancelTimeout();
            if (failure != null) {
                completeExceptionally(failure);
                return;
            }
            try {
                complete(readNow(leader, offset, maxBytes));
            } catch (RuntimeException e) {
                completeExceptionally(e);
            }
        }

        private void onTimeout(HighWatermark.Waiter waiter) {
            if (waiter.cancel()) {
                complete(
                        new Fetched(
                                LogSlice.EMPTY,
                                offset,
                                leader.highWatermark().offset(),
                                leader.logStart()));
            }
        }

        private void cancelTimeout() {
            ScheduledFuture<?> pending = timeout;
            if (pending != null) {
                pending.cancel(false);
            }
        }
    }
}
