package dev.restbus.broker.log;

import java.util.function.LongSupplier;

/**
 * How a log is kept. Immutable.
 *
 * @param segmentBytes a segment is closed before a write would make it larger; 1 KiB to 2 GiB - 1
 * @param maxBatchBytes the largest batch taken; up to 64 MiB
 * @param recoveryPointIntervalMs how often at most {@code force} writes the recovery point
 * @param nanoTime a monotonic clock in nanoseconds, which paces the recovery point and counts the
 *     age of segments
 * @param retention how long records are kept
 */
public record LogSettings(
        int segmentBytes,
        int maxBatchBytes,
        Fsync fsync,
        long recoveryPointIntervalMs,
        LongSupplier nanoTime,
        Retention retention) {

    /** 1 GiB segments, batches up to 1 MiB and some, forced by group commit, kept for ever. */
    public static final LogSettings DEFAULT =
            new LogSettings(1 << 30, (1 << 20) + 64 * 1024, Fsync.GROUP, 1_000, System::nanoTime);

    /** Whatever claims to be a larger batch is damage. */
    static final int MAX_BATCH_BYTES = 64 << 20;

    private static final int MIN_SEGMENT_BYTES = 1 << 10;

    public LogSettings {
        if (segmentBytes < MIN_SEGMENT_BYTES) {
            throw new IllegalArgumentException("segmentBytes " + segmentBytes + " is below 1 KiB");
        }
        if (maxBatchBytes < 1 || maxBatchBytes > MAX_BATCH_BYTES) {
            throw new IllegalArgumentException("maxBatchBytes " + maxBatchBytes);
        }
    }

    /** Settings of a log that is kept for ever. */
    public LogSettings(
            int segmentBytes,
            int maxBatchBytes,
            Fsync fsync,
            long recoveryPointIntervalMs,
            LongSupplier nanoTime) {
        this(
                segmentBytes,
                maxBatchBytes,
                fsync,
                recoveryPointIntervalMs,
                nanoTime,
                Retention.FOREVER);
    }

    public LogSettings withSegmentBytes(int newSegmentBytes) {
        return new LogSettings(
                newSegmentBytes,
                maxBatchBytes,
                fsync,
                recoveryPointIntervalMs,
                nanoTime,
                retention);
    }

    public LogSettings withMaxBatchBytes(int newMaxBatchBytes) {
        return new LogSettings(
                segmentBytes,
                newMaxBatchBytes,
                fsync,
                recoveryPointIntervalMs,
                nanoTime,
                retention);
    }

    public LogSettings withFsync(Fsync newFsync) {
        return new LogSettings(
                segmentBytes,
                maxBatchBytes,
                newFsync,
                recoveryPointIntervalMs,
                nanoTime,
                retention);
    }

    public LogSettings withRetention(Retention newRetention) {
        return new LogSettings(
                segmentBytes,
                maxBatchBytes,
                fsync,
                recoveryPointIntervalMs,
                nanoTime,
                newRetention);
    }
}
