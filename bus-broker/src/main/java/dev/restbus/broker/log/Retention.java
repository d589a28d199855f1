package dev.restbus.broker.log;

/**
 * How long a log keeps its records. Immutable. Whole segments are deleted, the oldest first, never
 * the active one.
 *
 * @param ms a segment goes when its last append is longer ago; -1 for never
 * @param bytes a segment goes while so many bytes are left without it; -1 for never
 * @param segmentMs the active segment is closed when its first append is so long ago, so that its
 *     age can count
 * @param tombstoneMs in a compacted log a tombstone goes so long after it was found to be the
 *     newest of its key; -1 for a log that is not compacted
 */
public record Retention(long ms, long bytes, long segmentMs, long tombstoneMs) {

    /** Keeps everything. */
    public static final Retention FOREVER = new Retention(-1, -1, Long.MAX_VALUE, -1);

    /** More are left for the next round. */
    static final int MAX_SEGMENTS_A_ROUND = 100;

    boolean isCompacted() {
        return tombstoneMs >= 0;
    }

    /** Whether the active segment, which is not empty, should be closed. */
    boolean isDueToRoll(Segment active, long nowMs) {
        return nowMs - active.firstAppendMs() >= segmentMs || isTooOld(active, nowMs);
    }

    /**
     * Where the log should start.
     *
     * @param nowMs on the clock of the log, see {@link LogState}
     * @param limit nothing beyond is deleted
     */
    long keepFrom(Segment[] segments, long nowMs, long limit) {
        long left = 0;
        for (Segment segment : segments) {
            left += segment.sizeBytes();
        }
        int keep = 0;
        while (keep < Math.min(segments.length - 1, MAX_SEGMENTS_A_ROUND)
                && segments[keep].endOffset() <= limit
                && (isTooOld(segments[keep], nowMs)
                        || isTooMuch(left - segments[keep].sizeBytes()))) {
            left -= segments[keep].sizeBytes();
            keep++;
        }
        return segments[keep].baseOffset();
    }

    private boolean isTooOld(Segment segment, long nowMs) {
        return ms >= 0 && nowMs - segment.lastAppendMs() > ms;
    }

    private boolean isTooMuch(long bytesWithout) {
        return bytes >= 0 && bytesWithout >= bytes;
    }
}
