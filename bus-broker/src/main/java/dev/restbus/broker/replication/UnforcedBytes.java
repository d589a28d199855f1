package dev.restbus.broker.replication;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what of one partition is queued or written and not forced, and its share in what of the
 * whole broker is. Thread-safe; {@link #forced} by one thread at a time.
 */
final class UnforcedBytes {

    private final long maxBytes;
    private final long maxBrokerBytes;
    private final AtomicLong here = new AtomicLong();

    /** Of all partitions; shared with the others. */
    private final AtomicLong everywhere;

    /** Bytes of each finished write with the log end behind it, oldest first, until forced. */
    private final Queue<Written> written = new ConcurrentLinkedQueue<>();

    UnforcedBytes(long maxBytes, long maxBrokerBytes, AtomicLong everywhere) {
        this.maxBytes = maxBytes;
        this.maxBrokerBytes = maxBrokerBytes;
        this.everywhere = everywhere;
    }

    private record Written(long endOffset, long bytes) {}

    /** Counts bytes that come; false where there are too many already. */
    boolean admit(long bytes) {
        long nowHere = here.addAndGet(bytes);
        long nowEverywhere = everywhere.addAndGet(bytes);
        // One request is always let in, however large: its own limit was checked at the door.
        if ((nowHere > maxBytes && nowHere > bytes) || nowEverywhere > maxBrokerBytes) {
            release(bytes);
            return false;
        }
        return true;
    }

    /** Admitted bytes will not be written. */
    void release(long bytes) {
        if (bytes != 0) {
            here.addAndGet(-bytes);
            everywhere.addAndGet(-bytes);
        }
    }

    /** Admitted bytes are written; the log ends behind them. */
    void wrote(long bytes, long logEnd) {
        written.add(new Written(logEnd, bytes));
    }

    /** What was written never will be forced: the log has stopped, or is deleted. */
    void giveUp() {
        forced(Long.MAX_VALUE);
    }

    /** What was written below an offset is forced. */
    synchronized void forced(long durableEnd) {
        long freed = 0;
        Written oldest = written.peek();
        while (oldest != null && oldest.endOffset() <= durableEnd) {
            freed += oldest.bytes();
            written.poll();
            oldest = written.peek();
        }
        release(freed);
    }
}
