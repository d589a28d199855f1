package dev.restbus.api.batch;

import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a Kafka record batch, magic 2, and its fields in a byte array.
 *
 * <pre>
 *   0        8            12           16      17      21           23
 *   +--------+------------+------------+-------+-------+------------+-----------------+
 *   | base   | batch      | leader     | magic | crc   | attributes | last offset     |
 *   | offset | length     | epoch      | = 2   | 32C   |            | delta           |
 *   +--------+------------+------------+-------+-------+------------+-----------------+
 *   27               35              43            51           53          57        61
 *   +----------------+---------------+-------------+------------+-----------+---------+----
 *   | base timestamp | max timestamp | producer id | producer   | base      | record  | records
 *   | ms             | ms            |             | epoch      | sequence  | count   |
 *   +----------------+---------------+-------------+------------+-----------+---------+----
 * </pre>
 *
 * <p>{@code batch length} counts the bytes behind itself. The CRC covers {@code attributes} to the
 * end: base offset, length, leader epoch and magic stand outside it, so every reader checks them
 * against their neighbours. Stateless.
 *
 * @see <a href="https://kafka.apache.org/documentation/#recordbatch">Kafka, record batch format</a>
 */
public final class RecordBatch {

    public static final int BASE_OFFSET_AT = 0;
    public static final int LENGTH_AT = 8;
    public static final int LEADER_EPOCH_AT = 12;
    public static final int MAGIC_AT = 16;
    public static final int CRC_AT = 17;
    public static final int ATTRIBUTES_AT = 21;
    public static final int LAST_OFFSET_DELTA_AT = 23;
    public static final int BASE_TIMESTAMP_AT = 27;
    public static final int MAX_TIMESTAMP_AT = 35;
    public static final int PRODUCER_ID_AT = 43;
    public static final int PRODUCER_EPOCH_AT = 51;
    public static final int BASE_SEQUENCE_AT = 53;
    public static final int RECORD_COUNT_AT = 57;

    /** Bytes before the first record. */
    public static final int HEADER_BYTES = 61;

    /** Bytes that {@code batch length} does not count. */
    public static final int LENGTH_OVERHEAD_BYTES = LENGTH_AT + Integer.BYTES;

    public static final byte MAGIC = 2;

    /** Bits 0 to 2 of the attributes, a code of {@link Compression}. */
    public static final int COMPRESSION_MASK = 0x07;

    /** The timestamps are the broker's, not the producer's. */
    public static final int LOG_APPEND_TIME = 1 << 3;

    public static final int TRANSACTIONAL = 1 << 4;
    public static final int CONTROL = 1 << 5;

    /**
     * Ours, set only by our own parser: a value without a {@code content-type} header is validated
     * JSON. Kafka's readers ignore the bit.
     */
    public static final int JSON_VALUES = 1 << 14;

    private RecordBatch() {}

    public static long baseOffset(byte[] bytes, int at) {
        return Bytes.getLong(bytes, at + BASE_OFFSET_AT);
    }

    /** The whole batch, header included. */
    public static int sizeBytes(byte[] bytes, int at) {
        return Bytes.getInt(bytes, at + LENGTH_AT) + LENGTH_OVERHEAD_BYTES;
    }

    public static int leaderEpoch(byte[] bytes, int at) {
        return Bytes.getInt(bytes, at + LEADER_EPOCH_AT);
    }

    public static int attributes(byte[] bytes, int at) {
        return Bytes.getShort(bytes, at + ATTRIBUTES_AT);
    }

    /** How the records are packed: a code of {@link Compression}, 0 to 7. */
    public static int compression(byte[] bytes, int at) {
        return attributes(bytes, at) & COMPRESSION_MASK;
    }

    public static long producerId(byte[] bytes, int at) {
        return Bytes.getLong(bytes, at + PRODUCER_ID_AT);
    }

    public static short producerEpoch(byte[] bytes, int at) {
        return Bytes.getShort(bytes, at + PRODUCER_EPOCH_AT);
    }

    /** Of the first record the batch ever held. */
    public static int baseSequence(byte[] bytes, int at) {
        return Bytes.getInt(bytes, at + BASE_SEQUENCE_AT);
    }

    public static int recordCount(byte[] bytes, int at) {
        return Bytes.getInt(bytes, at + RECORD_COUNT_AT);
    }

    /** The offset of the last record the batch ever held. */
    public static long lastOffset(byte[] bytes, int at) {
        return baseOffset(bytes, at) + Bytes.getInt(bytes, at + LAST_OFFSET_DELTA_AT);
    }

    /** The offset of the record behind this batch. */
    public static long nextOffset(byte[] bytes, int at) {
        return lastOffset(bytes, at) + 1;
    }

    public static long baseTimestampMs(byte[] bytes, int at) {
        return Bytes.getLong(bytes, at + BASE_TIMESTAMP_AT);
    }

    public static long maxTimestampMs(byte[] bytes, int at) {
        return Bytes.getLong(bytes, at + MAX_TIMESTAMP_AT);
    }

    public static boolean hasJsonValues(byte[] bytes, int at) {
        return (attributes(bytes, at) & JSON_VALUES) != 0;
    }

    /** Sets the two fields that the leader decides; they stand outside the CRC. */
    public static void place(byte[] bytes, int at, long baseOffset, int leaderEpoch) {
        Bytes.putLong(bytes, at + BASE_OFFSET_AT, baseOffset);
        Bytes.putInt(bytes, at + LEADER_EPOCH_AT, leaderEpoch);
    }

    /** The CRC-32C that the batch should carry. */
    public static int computeCrc(byte[] bytes, int at) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, at + ATTRIBUTES_AT, sizeBytes(bytes, at) - ATTRIBUTES_AT);
        return (int) crc.getValue();
    }

    /**
     * Looks at a batch that begins at {@code at}, of which {@code availableBytes} are there.
     *
     * @return null if the batch is whole and sound, else what is wrong with it
     */
    public static @Nullable String faultOf(byte[] bytes, int at, int availableBytes) {
        if (availableBytes < HEADER_BYTES) {
            return "only " + availableBytes + " bytes of a batch header";
        }
        int length = Bytes.getInt(bytes, at + LENGTH_AT);
        if (length < HEADER_BYTES - LENGTH_OVERHEAD_BYTES) {
            return "batch length " + length + " is too small";
        }
        if (length > availableBytes - LENGTH_OVERHEAD_BYTES) {
            return "batch length " + length + " is beyond the " + availableBytes + " bytes there";
        }
        if (bytes[at + MAGIC_AT] != MAGIC) {
            return "magic " + bytes[at + MAGIC_AT] + " is not 2";
        }
        if (Bytes.getInt(bytes, at + CRC_AT) != computeCrc(bytes, at)) {
            return "CRC mismatch";
        }
        int lastOffsetDelta = Bytes.getInt(bytes, at + LAST_OFFSET_DELTA_AT);
        int count = recordCount(bytes, at);
        if (lastOffsetDelta < 0 || count < 0 || count - 1 > lastOffsetDelta) {
            return count + " records in " + (lastOffsetDelta + 1L) + " offsets";
        }
        return null;
    }
}
