package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.fetch.Fetcher;
import dev.restbus.door.Answer;
import java.util.List;

/**
 * A read answered with whole batches, byte for byte those of the log: as in Kafka, the first may
 * begin before the offset asked for. Where to go on stands in headers. Stateless.
 */
final class BinaryRead {

    private BinaryRead() {}

    /**
     * Answers what was read.
     *
     * @param max no batch follows once so many records are there
     */
    static Answer answer(Fetcher.Fetched fetched, int max) {
        byte[] bytes = fetched.batches().bytes();
        long next = fetched.offset();
        long records = 0;
        int end = 0;
        while (end < fetched.batches().length() && records < max) {
            next = RecordBatch.nextOffset(bytes, end);
            records += next - Math.max(fetched.offset(), RecordBatch.baseOffset(bytes, end));
            end += RecordBatch.sizeBytes(bytes, end);
        }
        List<String> headers =
                List.of(
                        "Bus-Next-Offset", Long.toString(next),
                        "Bus-High-Watermark", Long.toString(fetched.highWatermark()),
                        "Bus-Log-Start-Offset", Long.toString(fetched.logStart()));
        return new Answer(200, BinaryBatches.MEDIA_TYPE, headers, new Slice(bytes, 0, end), null);
    }
}
