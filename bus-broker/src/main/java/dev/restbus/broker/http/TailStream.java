package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.fetch.Tail;
import dev.restbus.door.AnswerStream;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A tail as the body of an answer. It reads when the caller has taken what was read before. */
final class TailStream implements AnswerStream {

    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** A piece ends here also within a batch: small records are far larger as JSON. */
    private static final int MAX_PIECE_BYTES = 4 * PIECE_BYTES;

    /**
     * When it ends by itself.
     *
     * @param records after so many, {@link Long#MAX_VALUE} for never
     * @param waitNanos after so long without one, {@link Long#MAX_VALUE} for never
     */
    record End(long records, long waitNanos) {}

    private final Tail tail;
    private final TailFormat format;
    private final int readBytes;
    private final End end;
    private final ScheduledExecutorService timer;

    private Runnable more = () -> {};
    private @Nullable ScheduledFuture<?> tick;
    private long sent;
    private long recordNanos;
    private long writtenNanos;

    TailStream(
            Tail tail,
            TailFormat format,
            int maxReadBytes,
            End end,
            ScheduledExecutorService timer) {
        this.tail = tail;
        this.format = format;
        this.readBytes = Math.min(maxReadBytes, PIECE_BYTES);
        this.end = end;
        this.timer = timer;
    }

    @Override
    public void begin(Runnable newMore) {
        more = newMore;
        recordNanos = System.nanoTime();
        writtenNanos = recordNanos;
    }

    @Override
    public @Nullable Slice next() {
        if (sent >= end.records()) {
            return null;
        }
        JsonBytes out = new JsonBytes(0);
        Tail.Found found = tail.next(readBytes);
        while (found != null) {
            write(out, found);
            boolean full = sent >= end.records() || out.length() >= PIECE_BYTES;
            found = full ? null : tail.next(readBytes);
        }
        long now = System.nanoTime();
        if (out.length() == 0) {
            return idle(now);
        }
        recordNanos = now;
        writtenNanos = now;
        return out.slice();
    }

    private void write(JsonBytes out, Tail.Found found) {
        int partition = found.partition();
        long next =
                found.walk(
                        (record, json) -> {
                            if (sent >= end.records() || out.length() >= MAX_PIECE_BYTES) {
                                return false;
                            }
                            write(out, partition, record, json);
                            return true;
                        });
        tail.advance(partition, next);
    }

    private void write(JsonBytes out, int partition, RecordReader record, boolean json) {
        tail.advance(partition, record.offset() + 1);
        format.record(out, tail, partition, record, json);
        sent++;
    }

    private @Nullable Slice idle(long now) {
        long leftNanos = Math.max(0, end.waitNanos() - (now - recordNanos));
        if (leftNanos == 0) {
            return null;
        }
        tail.await(more);
        long untilTick = writtenNanos + TICK_NANOS - now;
        if (untilTick > 0) {
            wakeIn(Math.min(untilTick, leftNanos));
            return NOTHING_YET;
        }
        // Also the time at which partitions that were added are found.
        writtenNanos = now;
        wakeIn(Math.min(TICK_NANOS, leftNanos));
        return format == TailFormat.SSE ? Slice.utf8(TailFormat.KEEPALIVE) : NOTHING_YET;
    }

    private void wakeIn(long nanos) {
        ScheduledFuture<?> before = tick;
        if (before != null) {
            before.cancel(false);
        }
        tick = timer.schedule(more, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Slice farewell(BusException reason) {
        JsonBytes out = new JsonBytes(512);
        format.problem(out, reason.problem());
        return out.slice();
    }

    @Override
    public void close() {
        ScheduledFuture<?> pending = tick;
        if (pending != null) {
            pending.cancel(false);
        }
        tail.close();
    }
}
