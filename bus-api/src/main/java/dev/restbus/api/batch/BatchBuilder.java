package dev.restbus.api.batch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds one uncompressed record batch at a time in a buffer of its own, which is kept from batch
 * to batch: {@link #begin()}, {@link #append} for each record, {@link #finish}. Base offset and
 * leader epoch are left for the partition's leader. Not thread-safe.
 */
public final class BatchBuilder {

    private static final int NULL_LENGTH = -1;

    private byte[] bytes;
    private int length;
    private int count;
    private long baseTimestampMs;
    private long maxTimestampMs;

    public BatchBuilder(int initialBytes) {
        bytes = new byte[Math.max(initialBytes, RecordBatch.HEADER_BYTES)];
    }

    /** Forgets what was built and starts an empty batch. */
    public void begin() {
        length = RecordBatch.HEADER_BYTES;
        count = 0;
        maxTimestampMs = Long.MIN_VALUE;
    }

    /** Records appended since {@link #begin()}. */
    public int count() {
        return count;
    }

    /** The buffer that holds the batch, from index 0; replaced when it grows. */
    public byte[] bytes() {
        return bytes;
    }

    /** Bytes of the batch so far; after {@link #finish} its whole size. */
    public int sizeBytes() {
        return length;
    }

    /**
     * Appends one record.
     *
     * @param timestampMs epoch milliseconds of the record
     * @param key null for a record without a key; an empty key is one
     * @param value null for a tombstone
     */
    public void append(
            long timestampMs, @Nullable Slice key, @Nullable Slice value, RecordHeaders headers) {
        if (count == 0) {
            baseTimestampMs = timestampMs;
        }
        maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
        long timestampDelta = timestampMs - baseTimestampMs;
        int bodyBytes =
                1
                        + Bytes.varlongSize(timestampDelta)
                        + Bytes.varintSize(count)
                        + sizedBytes(key)
                        + sizedBytes(value)
                        + Bytes.varintSize(headers.count())
                        + headers.lengthBytes();
        reserve(Bytes.varintSize(bodyBytes) + bodyBytes);
        int i = Bytes.putVarint(bytes, length, bodyBytes);
        bytes[i++] = 0;
        i = Bytes.putVarlong(bytes, i, timestampDelta);
        i = Bytes.putVarint(bytes, i, count);
        i = putSized(i, key);
        i = putSized(i, value);
        i = Bytes.putVarint(bytes, i, headers.count());
        System.arraycopy(headers.bytes(), 0, bytes, i, headers.lengthBytes());
        length = i + headers.lengthBytes();
        count++;
    }

    /**
     * Fills in the header and the CRC.
     *
     * @param attributes {@link RecordBatch#JSON_VALUES} or 0
     * @return the size of the batch in bytes
     */
    public int finish(int attributes) {
        if (count == 0) {
            throw new IllegalStateException("a batch holds at least one record");
        }
        Bytes.putLong(bytes, RecordBatch.BASE_OFFSET_AT, 0);
        Bytes.putInt(bytes, RecordBatch.LENGTH_AT, length - RecordBatch.LENGTH_OVERHEAD_BYTES);
        Bytes.putInt(bytes, RecordBatch.LEADER_EPOCH_AT, -1);
        bytes[RecordBatch.MAGIC_AT] = RecordBatch.MAGIC;
        Bytes.putShort(bytes, RecordBatch.ATTRIBUTES_AT, (short) attributes);
        Bytes.putInt(bytes, RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
        Bytes.putLong(bytes, RecordBatch.BASE_TIMESTAMP_AT, baseTimestampMs);
        Bytes.putLong(bytes, RecordBatch.MAX_TIMESTAMP_AT, maxTimestampMs);
        Bytes.putLong(bytes, RecordBatch.PRODUCER_ID_AT, -1);
        Bytes.putShort(bytes, RecordBatch.PRODUCER_EPOCH_AT, (short) -1);
        Bytes.putInt(bytes, RecordBatch.BASE_SEQUENCE_AT, -1);
        Bytes.putInt(bytes, RecordBatch.RECORD_COUNT_AT, count);
        Bytes.putInt(bytes, RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, 0));
        return length;
    }

    private static int sizedBytes(@Nullable Slice slice) {
        return slice == null
                ? Bytes.varintSize(NULL_LENGTH)
                : Bytes.varintSize(slice.length()) + slice.length();
    }

    private int putSized(int at, @Nullable Slice slice) {
        if (slice == null) {
            return Bytes.putVarint(bytes, at, NULL_LENGTH);
        }
        int i = Bytes.putVarint(bytes, at, slice.length());
        System.arraycopy(slice.bytes(), slice.at(), bytes, i, slice.length());
        return i + slice.length();
    }

    private void reserve(int needed) {
        if (bytes.length - length < needed) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + needed));
        }
    }
}
