package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.fuzz.Fuzzing;

/** A body of batches is refused, or is one that is shown as JSON without a mistake. */
public class BinaryBatchesFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        read(input.clone());
        if (input.length >= RecordBatch.HEADER_BYTES) {
            read(repaired(input));
        }
    }

    /** Right where chance never is. */
    private static byte[] repaired(byte[] input) {
        byte[] bytes = input.clone();
        Bytes.putInt(
                bytes, RecordBatch.LENGTH_AT, bytes.length - RecordBatch.LENGTH_OVERHEAD_BYTES);
        bytes[RecordBatch.MAGIC_AT] = RecordBatch.MAGIC;
        Bytes.putLong(bytes, RecordBatch.PRODUCER_ID_AT, -1);
        Bytes.putInt(bytes, RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, 0));
        return bytes;
    }

    private static void read(byte[] body) {
        BinaryBatches batches;
        try {
            batches = BinaryBatches.parse(body);
        } catch (BusException e) {
            if (e.problem().code().status() >= 500) {
                throw e;
            }
            return;
        }
        int records = 0;
        for (var batch : batches.batches()) {
            boolean json = RecordBatch.hasJsonValues(batch.bytes(), batch.at());
            RecordReader reader = new RecordReader().over(batch.bytes(), batch.at());
            while (reader.next()) {
                records++;
                JsonBytes out = new JsonBytes(64);
                RecordJson.write(out, null, 0, reader, json);
                JsonValues.require(out.slice(), "");
            }
        }
        if (records != batches.records()) {
            throw new IllegalStateException("count");
        }
    }
}
