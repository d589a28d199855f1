package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The sparse offset index of a segment in memory: where some of its batches begin, one at least
 * every {@value #INTERVAL_BYTES} bytes and always the first. An entry is a long: the offset
 * relative to the segment's base in the upper half, the position in the file in the lower. One
 * thread adds; any thread asks.
 */
final class OffsetIndex {

    static final int INTERVAL_BYTES = 4096;
    static final int ENTRY_BYTES = Long.BYTES;

    /** The largest position of an entry. */
    static final long MAX_POSITION = 0xffff_ffffL;

    private static final int FIRST_CAPACITY = 64;

    /** Replaced when it grows, always before {@link #count} says that it has more. */
    private volatile long[] entries = new long[FIRST_CAPACITY];

    private volatile int count;

    static long entry(long relativeOffset, long position) {
        return relativeOffset << Integer.SIZE | position;
    }

    static long relativeOffset(long entry) {
        return entry >>> Integer.SIZE;
    }

    static long position(long entry) {
        return entry & MAX_POSITION;
    }

    /** Adds the batch if the last entry is far enough away. */
    void offer(long relativeOffset, long position) {
        int n = count;
        if (n == 0 || position - position(entries[n - 1]) >= INTERVAL_BYTES) {
            add(entry(relativeOffset, position));
        }
    }

    void add(long entry) {
        int n = count;
        if (n == entries.length) {
            entries = Arrays.copyOf(entries, n * 2);
        }
        entries[n] = entry;
        count = n + 1;
    }

    int count() {
        return count;
    }

    long get(int i) {
        return entries[i];
    }

    /** The last entry at or below the offset; 0, the start of the segment, if there is none. */
    long floor(long relativeOffset) {
        int n = count;
        return floor(entries, n, relativeOffset);
    }

    static long floor(long[] sorted, int count, long relativeOffset) {
        int found = Arrays.binarySearch(sorted, 0, count, entry(relativeOffset, MAX_POSITION));
        int at = found < 0 ? -found - 2 : found;
        return at < 0 ? 0 : sorted[at];
    }

    /** Writes the index whole and durably, for a segment that ends as said. */
    void writeTo(Disk disk, Path path, long segmentBytes, long nextOffset) throws IOException {
        int n = count;
        byte[] bytes = new byte[n * ENTRY_BYTES + IndexFile.TRAILER_BYTES];
        for (int i = 0; i < n; i++) {
            Bytes.putLong(bytes, i * ENTRY_BYTES, entries[i]);
        }
        IndexFile.putTrailer(bytes, n, segmentBytes, nextOffset);
        LogFiles.replace(disk, path, List.of(Slice.of(bytes)));
    }
}
