package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sparse time index of a segment: an entry says that no record below an offset has a later
 * timestamp (Kafka's TimeIndex, KIP-33), one at least every {@value #INTERVAL_BYTES} bytes. Both
 * halves of the entries ascend, whatever the timestamps do. One thread adds; any thread asks.
 *
 * <p>In a file the entries are followed by a trailer; the last one then covers the whole segment.
 *
 * <pre>
 *   timestamp (8) | next offset (8) ... | magic (4) | entries (4) | bytes of the segment (8)
 *   | CRC-32C (4)
 * </pre>
 */
final class TimeIndex {

    static final int INTERVAL_BYTES = 32 * 1024;

    /** The timestamp of no record at all. */
    static final long NO_TIMESTAMP = Long.MIN_VALUE;

    /** Stands for the timestamps of damaged records, which may be any. */
    static final long ANY_TIMESTAMP = Long.MAX_VALUE - 1;

    private static final int MAGIC = 0x52425449;
    private static final int ENTRY_BYTES = 2 * Long.BYTES;
    private static final int TRAILER_BYTES = 20;
    private static final int FIRST_CAPACITY = 32;

    /** Enough for a segment of 2 GiB and the entries that restarts add. */
    private static final int MAX_FILE_BYTES = 8 << 20;

    /** Timestamp and offset in turn; replaced when it grows, always before {@link #count} says. */
    private volatile long[] entries = new long[2 * FIRST_CAPACITY];

    private volatile int count;
    private volatile long maxTimestampMs = NO_TIMESTAMP;

    /** Where the batch behind the last entry begins. */
    private long lastPosition;

    /** The latest timestamp of all batches offered. */
    long maxTimestampMs() {
        return maxTimestampMs;
    }

    int count() {
        return count;
    }

    long timestampMs(int i) {
        return entries[2 * i];
    }

    long nextOffset(int i) {
        return entries[2 * i + 1];
    }

    /** The offset behind what the last entry speaks of; {@code otherwise} if there is none. */
    long coveredEnd(long otherwise) {
        int n = count;
        return n == 0 ? otherwise : nextOffset(n - 1);
    }

    /** Takes a batch in; one that the last entry covers changes nothing. */
    void offer(long batchMaxTimestampMs, long nextOffset, long endPosition) {
        if (nextOffset <= coveredEnd(Long.MIN_VALUE)) {
            lastPosition = endPosition;
            return;
        }
        maxTimestampMs = Math.max(maxTimestampMs, batchMaxTimestampMs);
        if (endPosition - lastPosition >= INTERVAL_BYTES) {
            add(maxTimestampMs, nextOffset);
            lastPosition = endPosition;
        }
    }

    /**
     * Records are damaged behind what was offered: whoever looks for a time must come upon them.
     */
    void passDamage() {
        maxTimestampMs = ANY_TIMESTAMP;
    }

    private void add(long timestampMs, long nextOffset) {
        int n = count;
        if (2 * n == entries.length) {
            entries = Arrays.copyOf(entries, 4 * n);
        }
        entries[2 * n] = timestampMs;
        entries[2 * n + 1] = nextOffset;
        count = n + 1;
    }

    /** Every record below the answer is older than {@code timestampMs}. */
    long startFor(long timestampMs, long baseOffset) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (timestampMs(middle) < timestampMs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? baseOffset : nextOffset(low - 1);
    }

    /** A copy of what the entries up to an offset say. */
    TimeIndex upTo(long offset) {
        TimeIndex copy = new TimeIndex();
        for (int i = 0; i < count && nextOffset(i) <= offset; i++) {
            copy.add(timestampMs(i), nextOffset(i));
            copy.maxTimestampMs = timestampMs(i);
        }
        return copy;
    }

    /** Writes the index whole and durably, for a segment that ends as said. */
    void writeTo(Disk disk, Path path, long segmentBytes, long nextOffset) throws IOException {
        int n = count;
        boolean covered = n > 0 && nextOffset(n - 1) == nextOffset;
        int written = covered || segmentBytes == 0 ? n : n + 1;
        byte[] bytes = new byte[written * ENTRY_BYTES + TRAILER_BYTES];
        for (int i = 0; i < written; i++) {
            Bytes.putLong(bytes, i * ENTRY_BYTES, i < n ? timestampMs(i) : maxTimestampMs);
            Bytes.putLong(bytes, i * ENTRY_BYTES + 8, i < n ? nextOffset(i) : nextOffset);
        }
        int at = written * ENTRY_BYTES;
        Bytes.putInt(bytes, at, MAGIC);
        Bytes.putInt(bytes, at + 4, written);
        Bytes.putLong(bytes, at + 8, segmentBytes);
        Bytes.putInt(bytes, at + 16, LogFiles.crc(bytes, at + 16));
        LogFiles.replace(disk, path, List.of(Slice.of(bytes)));
    }

    /**
     * Reads an index that speaks of at most so many bytes of the segment; null if the file is
     * missing, damaged or of another segment.
     */
    static @Nullable TimeIndex read(Disk disk, Path path, long maxSegmentBytes) throws IOException {
        byte[] bytes = LogFiles.readSmall(disk, path, MAX_FILE_BYTES);
        int at = bytes == null ? -1 : bytes.length - TRAILER_BYTES;
        if (bytes == null
                || at < 0
                || at % ENTRY_BYTES != 0
                || Bytes.getInt(bytes, at) != MAGIC
                || Bytes.getInt(bytes, at + 4) != at / ENTRY_BYTES
                || Bytes.getLong(bytes, at + 8) > maxSegmentBytes
                || Bytes.getInt(bytes, at + 16) != LogFiles.crc(bytes, at + 16)) {
            return null;
        }
        TimeIndex index = new TimeIndex();
        for (int i = 0; i < at; i += ENTRY_BYTES) {
            index.add(Bytes.getLong(bytes, i), Bytes.getLong(bytes, i + 8));
            index.maxTimestampMs = Bytes.getLong(bytes, i);
        }
        return index;
    }
}
