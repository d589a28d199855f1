package dev.restbus.standalone;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches made and read by Kafka's own classes. */
final class KafkaBatches {

    private KafkaBatches() {}

    static SimpleRecord record(String key, String value) {
        return new SimpleRecord(1_700_000_000_000L, utf8(key), utf8(value));
    }

    static byte[] batch(CompressionType type, SimpleRecord... records) {
        return bytes(MemoryRecords.withRecords(Compression.of(type).build(), records));
    }

    static byte[] plain(SimpleRecord... records) {
        return batch(CompressionType.NONE, records);
    }

    /** One batch of an idempotent producer. */
    static byte[] sequenced(long producerId, int epoch, int sequence, SimpleRecord... records) {
        return bytes(
                MemoryRecords.withIdempotentRecords(
                        Compression.NONE, producerId, (short) epoch, sequence, records));
    }

    static byte[] bytes(MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[records.sizeInBytes()];
        buffer.get(bytes);
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** The batch with other attributes and a CRC that fits. */
    static byte[] withAttributes(byte[] batch, int more) {
        byte[] changed = batch.clone();
        int attributes = RecordBatch.attributes(changed, 0) | more;
        Bytes.putShort(changed, RecordBatch.ATTRIBUTES_AT, (short) attributes);
        return sealed(changed);
    }

    /** The batch with the CRC that fits it. */
    static byte[] sealed(byte[] batch) {
        Bytes.putInt(batch, RecordBatch.CRC_AT, RecordBatch.computeCrc(batch, 0));
        return batch;
    }

    /** Every record as {@code offset key=value}, after Kafka checked each batch. */
    static List<String> read(byte[] body) {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(body));
        List<String> read = new ArrayList<>();
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            for (Record record : batch) {
                read.add(record.offset() + " " + text(record.key()) + "=" + text(record.value()));
            }
        }
        return read;
    }

    /** The bytes of one batch without what the broker sets. */
    static byte[] asSent(byte[] batch) {
        byte[] copy = Arrays.copyOf(batch, batch.length);
        RecordBatch.place(copy, 0, 0, -1);
        return copy;
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(ByteBuffer buffer) {
        return buffer == null ? null : StandardCharsets.UTF_8.decode(buffer).toString();
    }
}
