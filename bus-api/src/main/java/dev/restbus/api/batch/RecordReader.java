package dev.restbus.api.batch;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one batch: {@link #over}, then {@link #next()} until false. Nothing is
 * copied, but that the records of a compressed batch are unpacked, once, by the first {@code next},
 * into an array of their own. The batch's CRC must have been checked ({@link RecordBatch#faultOf});
 * a record that does not parse all the same raises {@link MalformedBatchException}. Not
 * thread-safe; reuse it.
 */
public final class RecordReader {

    /** A batch whose CRC is right but whose records do not parse. */
    public static class MalformedBatchException extends RuntimeException {
        MalformedBatchException(String message) {
            super(message);
        }

        MalformedBatchException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A compressed batch whose records are larger than is ever unpacked. */
    public static final class OversizedBatchException extends MalformedBatchException {
        OversizedBatchException(String message) {
            super(message);
        }
    }

    private byte[] bytes = new byte[0];
    private long baseOffset;
    private long baseTimestampMs;

    /** How the records are packed; {@link Compression#NONE} once they are not any more. */
    private int compression;

    private int recordsAt;
    private int recordsEnd;
    private int remaining;
    private int recordAt;
    private int nextRecordAt;
    private int cursor;
    private int recordEnd;

    private long offset;
    private long timestampMs;
    private int keyAt;
    private int keyLength;
    private int valueAt;
    private int valueLength;
    private int headerCount;
    private int headersAt;

    /** Places this reader before the first record of the batch at {@code at}. */
    public RecordReader over(byte[] newBytes, int at) {
        bytes = newBytes;
        baseOffset = RecordBatch.baseOffset(newBytes, at);
        baseTimestampMs = RecordBatch.baseTimestampMs(newBytes, at);
        compression = RecordBatch.compression(newBytes, at);
        remaining = RecordBatch.recordCount(newBytes, at);
        place(at + RecordBatch.HEADER_BYTES, at + RecordBatch.sizeBytes(newBytes, at));
        return this;
    }

    private void place(int at, int end) {
        recordsAt = at;
        recordsEnd = end;
        nextRecordAt = at;
    }

    private void unpack() {
        Slice packed = new Slice(bytes, recordsAt, recordsEnd - recordsAt);
        Slice records = Compression.unpack(compression, packed);
        compression = Compression.NONE;
        bytes = records.bytes();
        place(records.at(), records.at() + records.length());
    }

    /**
     * Moves to the next record; false behind the last.
     *
     * @throws MalformedBatchException for records that do not parse or cannot be unpacked
     */
    public boolean next() {
        if (compression != Compression.NONE) {
            unpack();
        }
        if (remaining == 0) {
            if (nextRecordAt != recordsEnd) {
                throw new MalformedBatchException("bytes behind the last record");
            }
            return false;
        }
        remaining--;
        recordAt = nextRecordAt;
        cursor = nextRecordAt;
        recordEnd = recordsEnd;
        int length = varint();
        if (length < 0 || length > recordsEnd - cursor) {
            throw new MalformedBatchException("record length " + length);
        }
        recordEnd = cursor + length;
        nextRecordAt = recordEnd;
        require(1);
        cursor++;
        timestampMs = baseTimestampMs + varlong();
        offset = baseOffset + varint();
        keyLength = varint();
        keyAt = skip(keyLength);
        valueLength = varint();
        valueAt = skip(valueLength);
        headerCount = varint();
        headersAt = cursor;
        if (headerCount < 0 || (headerCount == 0 && cursor != recordEnd)) {
            throw new MalformedBatchException("header count " + headerCount);
        }
        return true;
    }

    /** Holds the current record: the batch's own array, or that of its unpacked records. */
    public byte[] bytes() {
        return bytes;
    }

    /** Bytes of all records of the batch, unpacked; known from the first {@link #next()} on. */
    public int recordsBytes() {
        return recordsEnd - recordsAt;
    }

    /** Bytes of the current record, unpacked. */
    public int sizeBytes() {
        return recordEnd - recordAt;
    }

    /** Where in {@link #bytes()} the current record begins, its length included. */
    public int recordAt() {
        return recordAt;
    }

    /** Where in {@link #bytes()} the current record ends. */
    public int recordEnd() {
        return recordEnd;
    }

    public long offset() {
        return offset;
    }

    public long timestampMs() {
        return timestampMs;
    }

    public boolean hasKey() {
        return keyLength >= 0;
    }

    public int keyAt() {
        return keyAt;
    }

    /** -1 where there is no key. */
    public int keyLength() {
        return keyLength;
    }

    public @Nullable Slice key() {
        return keyLength < 0 ? null : new Slice(bytes, keyAt, keyLength);
    }

    /** Whether the record is not a tombstone. */
    public boolean hasValue() {
        return valueLength >= 0;
    }

    public int valueAt() {
        return valueAt;
    }

    /** -1 for a tombstone. */
    public int valueLength() {
        return valueLength;
    }

    public @Nullable Slice value() {
        return valueLength < 0 ? null : new Slice(bytes, valueAt, valueLength);
    }

    public int headerCount() {
        return headerCount;
    }

    /** Called with each header of the current record, in order. */
    @FunctionalInterface
    public interface HeaderVisitor {
        /** The value is null where the header has none, which Kafka allows. */
        void header(Slice name, @Nullable Slice value);
    }

    public void headers(HeaderVisitor visitor) {
        cursor = headersAt;
        for (int i = 0; i < headerCount; i++) {
            int nameLength = varint();
            if (nameLength < 0) {
                throw new MalformedBatchException("header name length " + nameLength);
            }
            int nameAt = skip(nameLength);
            int length = varint();
            int at = skip(length);
            visitor.header(
                    new Slice(bytes, nameAt, nameLength),
                    length < 0 ? null : new Slice(bytes, at, length));
        }
        if (cursor != recordEnd) {
            throw new MalformedBatchException("bytes behind the last header");
        }
    }

    /** The text of the last header of this name, or null. */
    public @Nullable String header(String name) {
        if (headerCount == 0) {
            return null;
        }
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        String[] found = new String[1];
        headers(
                (n, v) -> {
                    if (v != null && matches(n, wanted)) {
                        found[0] = v.text();
                    }
                });
        return found[0];
    }

    private static boolean matches(Slice name, byte[] wanted) {
        return java.util.Arrays.equals(
                name.bytes(), name.at(), name.at() + name.length(), wanted, 0, wanted.length);
    }

    private int skip(int length) {
        int at = cursor;
        if (length > 0) {
            require(length);
            cursor += length;
        } else if (length < -1) {
            throw new MalformedBatchException("length " + length);
        }
        return at;
    }

    private void require(int wanted) {
        if (wanted > recordEnd - cursor) {
            throw new MalformedBatchException("a record ends early");
        }
    }

    private int varint() {
        long value = varlong();
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new MalformedBatchException("varint out of range");
        }
        return (int) value;
    }

    private long varlong() {
        long raw = 0;
        int shift = 0;
        while (true) {
            if (cursor >= recordEnd || shift > 63) {
                throw new MalformedBatchException("a varint does not end");
            }
            byte b = bytes[cursor++];
            raw |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
            shift += 7;
        }
    }
}
