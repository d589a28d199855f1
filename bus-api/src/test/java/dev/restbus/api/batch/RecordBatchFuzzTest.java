package dev.restbus.api.batch;

import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.fuzz.Fuzzing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes as a batch: they are refused as such, or are records that can be written and read again.
 */
public class RecordBatchFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        read(input);
        if (input.length >= RecordBatch.HEADER_BYTES) {
            read(repaired(input));
        }
    }

    /** As a batch whose length and CRC are right, which chance never finds. */
    private static byte[] repaired(byte[] input) {
        byte[] bytes = input.clone();
        Bytes.putInt(
                bytes, RecordBatch.LENGTH_AT, bytes.length - RecordBatch.LENGTH_OVERHEAD_BYTES);
        bytes[RecordBatch.MAGIC_AT] = RecordBatch.MAGIC;
        Bytes.putInt(bytes, RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, 0));
        return bytes;
    }

    private static void read(byte[] bytes) {
        if (RecordBatch.faultOf(bytes, 0, bytes.length) != null) {
            return;
        }
        List<Copy> records;
        try {
            records = records(new RecordReader().over(bytes, 0), bytes.length);
        } catch (MalformedBatchException e) {
            return;
        }
        require(records.size() == RecordBatch.recordCount(bytes, 0), "count");
        if (!records.isEmpty()) {
            requireSameAgain(records);
        }
    }

    private static List<Copy> records(RecordReader reader, int packedBytes) {
        List<Copy> records = new ArrayList<>();
        while (reader.next()) {
            require(
                    reader.recordsBytes() <= Compression.limitBytes(packedBytes),
                    "unpacked beyond the limit");
            RecordHeaders headers = new RecordHeaders();
            List<String> names = new ArrayList<>();
            reader.headers(
                    (name, value) -> {
                        names.add(name.text());
                        headers.add(name.copy(), value == null ? new byte[0] : value.copy());
                    });
            reader.header("content-type");
            records.add(
                    new Copy(reader.timestampMs(), reader.key(), reader.value(), headers, names));
        }
        return records;
    }

    private static void requireSameAgain(List<Copy> records) {
        BatchBuilder builder = new BatchBuilder(256);
        builder.begin();
        for (Copy record : records) {
            builder.append(record.timestampMs(), record.key(), record.value(), record.headers());
        }
        int size = builder.finish(0);
        String fault = RecordBatch.faultOf(builder.bytes(), 0, size);
        require(fault == null, "written again: " + fault);
        List<Copy> again = records(new RecordReader().over(builder.bytes(), 0), size);
        require(again.size() == records.size(), "count of what was written again");
        for (int i = 0; i < again.size(); i++) {
            require(again.get(i).isSameAs(records.get(i)), "record " + i + " written again");
        }
    }

    private record Copy(
            long timestampMs, Slice key, Slice value, RecordHeaders headers, List<String> names) {

        boolean isSameAs(Copy other) {
            return timestampMs == other.timestampMs
                    && Arrays.equals(bytes(key), bytes(other.key))
                    && Arrays.equals(bytes(value), bytes(other.value))
                    && names.equals(other.names);
        }
    }

    private static byte[] bytes(Slice slice) {
        return slice == null ? null : slice.copy();
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
