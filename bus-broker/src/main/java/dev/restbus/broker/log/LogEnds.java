package dev.restbus.broker.log;

/**
 * The two ends of a log: what is written and what of it is durable. Both only grow, and the durable
 * one is never ahead. Thread-safe; one thread at a time writes.
 */
final class LogEnds {

    /**
     * The offset of a next record and where it stands.
     *
     * @param position in the segment, in bytes
     * @param bytes appended up to here since the log was opened
     */
    record End(long offset, Segment segment, long position, long bytes) {}

    private volatile End written;

    /** Never behind {@link #written}; moved under the lock of this object. */
    private volatile End durable;

    /** Of a log that is durable up to {@code offset}, at the end of its active segment. */
    LogEnds(long offset, Segment active) {
        this.written = new End(offset, active, active.sizeBytes(), 0);
        this.durable = written;
    }

    End written() {
        return written;
    }

    End durable() {
        return durable;
    }

    /** Bytes that are written and not durable. */
    long behindBytes() {
        return Math.max(0, written.bytes() - durable.bytes());
    }

    /** So many bytes more are written, all that is in the segment. */
    void wrote(long offset, Segment active, long bytes) {
        written = new End(offset, active, active.sizeBytes(), written.bytes() + bytes);
    }

    /** What ends there is durable; an end before the durable one changes nothing. */
    synchronized void durableThrough(End end) {
        if (end.offset() > durable.offset()) {
            durable = end;
        }
    }
}
