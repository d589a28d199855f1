package dev.restbus.bench;

import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The record that every workload stores, JSON of 100 bytes, in the forms it is sent in. Stateless.
 */
final class BenchRecords {

    private static final String VALUE =
            "{\"id\":100000000000,\"kind\":\"measurement\","
                    + "\"note\":\"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN\"}";

    private BenchRecords() {}

    /** A record batch as Kafka's producers frame it, not compressed. */
    static byte[] batch(int records) {
        BatchBuilder builder = new BatchBuilder(records * 128);
        builder.begin();
        Slice value = Slice.utf8(VALUE);
        RecordHeaders none = new RecordHeaders();
        for (int i = 0; i < records; i++) {
            builder.append(1_700_000_000_000L, null, value, none);
        }
        return Arrays.copyOf(builder.bytes(), builder.finish(RecordBatch.JSON_VALUES));
    }

    /** Lines as a body in chunks, as whoever does not know its end sends it. */
    static byte[] chunkedLines(int lines, int linesPerChunk) {
        byte[] line = ("{\"value\":" + VALUE + "}\n").getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream body = new ByteArrayOutputStream(lines * (line.length + 1));
        for (int sent = 0; sent < lines; sent += linesPerChunk) {
            int inChunk = Math.min(linesPerChunk, lines - sent);
            body.writeBytes(ascii(Integer.toHexString(inChunk * line.length) + "\r\n"));
            for (int i = 0; i < inChunk; i++) {
                body.writeBytes(line);
            }
            body.writeBytes(ascii("\r\n"));
        }
        body.writeBytes(ascii("0\r\n\r\n"));
        return body.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
