package dev.restbus.broker.log;

import dev.restbus.api.batch.RecordBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Walks the batches of one segment file in order and checks each one: CRC, and what stands outside
 * it (base offset, length, epoch) against its neighbours and the epoch file. Call {@link #next()}
 * until it is false; where {@link #fault()} is not null, {@link #resync()} finds the next sound
 * batch. Reads the file in large pieces. Not thread-safe.
 */
final class BatchScanner {

    private static final int WINDOW_BYTES = 128 * 1024;

    private final DiskFile file;
    private final long fileEnd;
    private final long offsetLimit;
    private final @Nullable LeaderEpochs epochs;

    private byte[] window = new byte[0];
    private long windowAt;
    private int windowLength;

    private long position;
    private long expected;
    private int size;
    private @Nullable String fault;

    /**
     * @param file the segment's file
     * @param fileEnd the position behind the last byte to look at
     * @param offsetLimit no batch reaches beyond this offset; {@link Long#MAX_VALUE} if not known
     * @param epochs null to take every epoch as it is
     */
    BatchScanner(DiskFile file, long fileEnd, long offsetLimit, @Nullable LeaderEpochs epochs) {
        this.file = file;
        this.fileEnd = fileEnd;
        this.offsetLimit = offsetLimit;
        this.epochs = epochs;
    }

    /** Starts at a position, where the batch with the given base offset should be. */
    BatchScanner from(long newPosition, long baseOffset) {
        position = newPosition;
        expected = baseOffset;
        size = 0;
        fault = null;
        return this;
    }

    /**
     * Moves behind the current batch, to the next one or to a fault.
     *
     * @return false at the end of the file
     */
    boolean next() throws IOException {
        if (fault != null) {
            throw new IllegalStateException("the fault must be handled first");
        }
        if (size > 0) {
            expected = nextOffset();
            position += size;
            size = 0;
        }
        if (position == fileEnd) {
            return false;
        }
        fault = faultAt(position, expected, true);
        size = fault == null ? RecordBatch.sizeBytes(window, inWindow(position)) : 0;
        return true;
    }

    /** What is wrong at {@link #position()}; null where the batch there is sound. */
    @Nullable String fault() {
        return fault;
    }

    long position() {
        return position;
    }

    /** The array that holds the current, sound batch, until the next step. */
    byte[] bytes() {
        return window;
    }

    /** Where in it the batch begins. */
    int at() {
        return inWindow(position);
    }

    /**
     * The base offset that the current batch has, or, at a fault, should have; at the end, what the
     * next one would have.
     */
    long baseOffset() {
        return expected;
    }

    int sizeBytes() {
        return size;
    }

    /** The offset behind the current, sound batch. */
    long nextOffset() {
        return RecordBatch.nextOffset(window, inWindow(position));
    }

    int leaderEpoch() {
        return RecordBatch.leaderEpoch(window, inWindow(position));
    }

    long maxTimestampMs() {
        return RecordBatch.maxTimestampMs(window, inWindow(position));
    }

    int recordCount() {
        return RecordBatch.recordCount(window, inWindow(position));
    }

    /**
     * Goes from a fault to the next sound batch, which becomes the current one.
     *
     * @param anchor an offset where a batch is known to begin, see below
     * @return false if there is none
     */
    boolean resync(long anchor) throws IOException {
        long found = behindTrustedLength();
        if (found < 0) {
            found = search(anchor);
        }
        fault = null;
        if (found < 0) {
            position = fileEnd;
            return false;
        }
        position = found;
        load(found, RecordBatch.HEADER_BYTES);
        expected = RecordBatch.baseOffset(window, inWindow(found));
        size = RecordBatch.sizeBytes(window, inWindow(found));
        load(found, size);
        return true;
    }

    /**
     * Behind the damaged batch, if its length can be trusted (its base offset is the expected one,
     * or its CRC is right) and a sound batch follows; else -1.
     */
    private long behindTrustedLength() throws IOException {
        if (fileEnd - position < RecordBatch.HEADER_BYTES) {
            return -1;
        }
        load(position, RecordBatch.HEADER_BYTES);
        int at = inWindow(position);
        int stated = RecordBatch.sizeBytes(window, at);
        if (!isPlausibleSize(stated, position)) {
            return -1;
        }
        boolean rightOffset = RecordBatch.baseOffset(window, at) == expected;
        load(position, stated);
        boolean trusted =
                rightOffset || RecordBatch.faultOf(window, inWindow(position), stated) == null;
        long behind = position + stated;
        return trusted && behind < fileEnd && faultAt(behind, expected + 1, false) == null
                ? behind
                : -1;
    }

    /**
     * Looks at every byte behind the fault for a sound batch. The value of a record may itself be
     * such a batch: only one is taken from which sound batches follow in a row up to the end of the
     * file or to the anchor.
     */
    private long search(long anchor) throws IOException {
        for (long p = position + 1; p <= fileEnd - RecordBatch.HEADER_BYTES; p++) {
            load(p, RecordBatch.HEADER_BYTES);
            int at = inWindow(p);
            if (window[at + RecordBatch.MAGIC_AT] == RecordBatch.MAGIC
                    && RecordBatch.baseOffset(window, at) > expected
                    && faultAt(p, expected + 1, false) == null
                    && isFollowedBySound(p, anchor)) {
                return p;
            }
        }
        return -1;
    }

    private boolean isFollowedBySound(long start, long anchor) throws IOException {
        load(start, RecordBatch.HEADER_BYTES);
        long p = start;
        long offset = RecordBatch.baseOffset(window, inWindow(start));
        while (p < fileEnd && offset != anchor) {
            if (faultAt(p, offset, true) != null) {
                return false;
            }
            offset = RecordBatch.nextOffset(window, inWindow(p));
            p += RecordBatch.sizeBytes(window, inWindow(p));
        }
        return true;
    }

    /** Checks the batch at {@code p}; afterwards a sound one is wholly in the window. */
    private @Nullable String faultAt(long p, long offset, boolean exactly) throws IOException {
        long left = fileEnd - p;
        if (left < RecordBatch.HEADER_BYTES) {
            return "only " + left + " bytes of a batch header";
        }
        load(p, RecordBatch.HEADER_BYTES);
        int stated = RecordBatch.sizeBytes(window, inWindow(p));
        if (!isPlausibleSize(stated, p)) {
            return "batch of " + stated + " bytes where " + left + " are left";
        }
        long base = RecordBatch.baseOffset(window, inWindow(p));
        if (exactly ? base != offset : base < offset) {
            return "base offset " + base + " where " + offset + " should be";
        }
        load(p, stated);
        int at = inWindow(p);
        String found = RecordBatch.faultOf(window, at, stated);
        if (found != null) {
            return found;
        }
        if (RecordBatch.nextOffset(window, at) > offsetLimit) {
            return "reaches beyond offset " + offsetLimit;
        }
        int epoch = RecordBatch.leaderEpoch(window, at);
        if (epochs != null && epoch != epochs.at(base)) {
            return "leader epoch " + epoch + " where " + epochs.at(base) + " should be";
        }
        return null;
    }

    private boolean isPlausibleSize(int stated, long p) {
        return stated >= RecordBatch.HEADER_BYTES
                && stated <= fileEnd - p
                && stated <= LogSettings.MAX_BATCH_BYTES;
    }

    private int inWindow(long p) {
        return (int) (p - windowAt);
    }

    /**
     * Makes {@code length} bytes at {@code p}, all before the end of the file, be in the window.
     */
    private void load(long p, int length) throws IOException {
        if (p >= windowAt && p + length <= windowAt + windowLength) {
            return;
        }
        if (window.length < length || window.length == 0) {
            window = new byte[(int) Math.max(length, Math.min(WINDOW_BYTES, fileEnd - p))];
        }
        int wanted = (int) Math.min(window.length, fileEnd - p);
        windowLength = file.read(p, window, 0, wanted);
        windowAt = p;
        if (windowLength < length) {
            throw new IOException("the file ended at " + (p + windowLength));
        }
    }
}
