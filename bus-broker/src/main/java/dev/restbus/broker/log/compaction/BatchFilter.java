package dev.restbus.broker.log.compaction;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Compression;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.util.Arrays;

/**
 * Takes records out of a batch and leaves all else as it was: base offset, last offset, epoch,
 * producer fields, base timestamp, and each record's own bytes. What is left of a compressed batch
 * is compressed again, where that saves something and can be read. Not thread-safe; reuse it.
 */
public final class BatchFilter {

    /** Which records stay. */
    @FunctionalInterface
    public interface Choice {
        /** Whether the record that the reader is at stays. */
        boolean keeps(RecordReader record);
    }

    /** Batches of a transaction and its markers (KIP-98) are never taken apart. */
    private static final int UNTOUCHED = 0x30;

    /** Of a batch without records; Kafka writes it so. */
    private static final long NO_TIMESTAMP = -1;

    private final RecordReader record = new RecordReader();
    private byte[] out = new byte[4096];

    /**
     * The batch without the records that do not stay.
     *
     * @param at where a sound batch begins
     * @return the batch itself if every record stays, else another one in a buffer that the next
     *     call uses again, with a record count of 0 if none stays
     */
    public Slice filter(byte[] bytes, int at, Choice choice) {
        int sizeBytes = RecordBatch.sizeBytes(bytes, at);
        Slice whole = new Slice(bytes, at, sizeBytes);
        if ((RecordBatch.attributes(bytes, at) & UNTOUCHED) != 0) {
            return whole;
        }
        int length = RecordBatch.HEADER_BYTES;
        int kept = 0;
        long maxTimestampMs = NO_TIMESTAMP;
        record.over(bytes, at);
        while (record.next()) {
            if (choice.keeps(record)) {
                int recordBytes = record.recordEnd() - record.recordAt();
                reserve(length + recordBytes);
                System.arraycopy(record.bytes(), record.recordAt(), out, length, recordBytes);
                length += recordBytes;
                maxTimestampMs =
                        kept == 0
                                ? record.timestampMs()
                                : Math.max(maxTimestampMs, record.timestampMs());
                kept++;
            }
        }
        if (kept == RecordBatch.recordCount(bytes, at)) {
            return whole;
        }
        System.arraycopy(bytes, at, out, 0, RecordBatch.HEADER_BYTES);
        int code = RecordBatch.attributes(bytes, at) & RecordBatch.COMPRESSION_MASK;
        int packedLength = code == Compression.NONE || kept == 0 ? 0 : pack(code, length);
        if (packedLength == 0) {
            int plain = RecordBatch.attributes(bytes, at) & ~RecordBatch.COMPRESSION_MASK;
            Bytes.putShort(out, RecordBatch.ATTRIBUTES_AT, (short) plain);
        }
        Bytes.putLong(out, RecordBatch.MAX_TIMESTAMP_AT, maxTimestampMs);
        return finished(packedLength == 0 ? length : packedLength, kept);
    }

    /**
     * As they were packed before, so that a segment does not outgrow what it takes the place of.
     */
    private int pack(int code, int length) {
        int at = RecordBatch.HEADER_BYTES;
        Slice packed = Compression.pack(code, new Slice(out, at, length - at));
        if (packed == null) {
            return 0;
        }
        System.arraycopy(packed.bytes(), packed.at(), out, at, packed.length());
        return at + packed.length();
    }

    /**
     * A batch without records that stands for all offsets between two.
     *
     * @param nextOffset at most 2^31 above {@code baseOffset}
     */
    public static byte[] hole(long baseOffset, long nextOffset, int leaderEpoch) {
        byte[] hole = new byte[RecordBatch.HEADER_BYTES];
        Bytes.putInt(
                hole,
                RecordBatch.LENGTH_AT,
                RecordBatch.HEADER_BYTES - RecordBatch.LENGTH_OVERHEAD_BYTES);
        hole[RecordBatch.MAGIC_AT] = RecordBatch.MAGIC;
        Bytes.putInt(hole, RecordBatch.LAST_OFFSET_DELTA_AT, (int) (nextOffset - 1 - baseOffset));
        Bytes.putLong(hole, RecordBatch.BASE_TIMESTAMP_AT, NO_TIMESTAMP);
        Bytes.putLong(hole, RecordBatch.MAX_TIMESTAMP_AT, NO_TIMESTAMP);
        Bytes.putLong(hole, RecordBatch.PRODUCER_ID_AT, -1);
        Bytes.putShort(hole, RecordBatch.PRODUCER_EPOCH_AT, (short) -1);
        Bytes.putInt(hole, RecordBatch.BASE_SEQUENCE_AT, -1);
        RecordBatch.place(hole, 0, baseOffset, leaderEpoch);
        Bytes.putInt(hole, RecordBatch.CRC_AT, RecordBatch.computeCrc(hole, 0));
        return hole;
    }

    private Slice finished(int length, int records) {
        Bytes.putInt(out, RecordBatch.LENGTH_AT, length - RecordBatch.LENGTH_OVERHEAD_BYTES);
        Bytes.putInt(out, RecordBatch.RECORD_COUNT_AT, records);
        Bytes.putInt(out, RecordBatch.CRC_AT, RecordBatch.computeCrc(out, 0));
        return new Slice(out, 0, length);
    }

    private void reserve(int needed) {
        if (out.length < needed) {
            out = Arrays.copyOf(out, Math.max(needed, out.length * 2));
        }
    }
}
