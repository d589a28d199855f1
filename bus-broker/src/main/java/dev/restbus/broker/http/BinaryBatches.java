package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Compression;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.batch.RecordReader.OversizedBatchException;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.broker.replication.Claim;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The record batches of one request body, as Kafka's producers frame them. They are stored as they
 * came, so whatever a reader relies on is checked before: the CRC, that the records are whole and
 * numbered from 0, their limits, and that what will be shown as JSON is JSON. Used once.
 */
final class BinaryBatches {

    static final String MEDIA_TYPE = "application/x-record-batch";

    /** Records of one request; as many as one read hands out. */
    static final int MAX_RECORDS = 100_000;

    private static final int NO_PRODUCER = -1;

    private static final int KNOWN_ATTRIBUTES =
            RecordBatch.COMPRESSION_MASK
                    | RecordBatch.LOG_APPEND_TIME
                    | RecordBatch.TRANSACTIONAL
                    | RecordBatch.CONTROL
                    | RecordBatch.JSON_VALUES;

    private final byte[] bytes;
    private final List<Slice> batches = new ArrayList<>();
    private final RecordReader reader = new RecordReader();
    private int records;
    private boolean sequenced;
    private long unpackedBytes;

    /** Where the first record without a key is. */
    private @Nullable String unkeyed;

    private BinaryBatches(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Checks and splits a body.
     *
     * @param body nothing but whole batches; kept, and not to be changed by anyone else
     * @throws BusException 422 {@code invalid-batch}, 413 {@code record-too-large}, {@code
     *     batch-too-large}, {@code body-too-large}
     */
    static BinaryBatches parse(byte[] body) {
        if (body.length == 0) {
            throw ProblemCode.INVALID_BATCH.exceptionAt("", "there is no batch in the body");
        }
        BinaryBatches all = new BinaryBatches(body);
        int at = 0;
        while (at < body.length) {
            at += all.take(at);
        }
        if (all.isSequenced() && all.batches.size() > 1) {
            throw ProblemCode.INVALID_BATCH.exceptionAt(
                    "", "a batch with a producer id is sent in a request of its own");
        }
        return all;
    }

    /** In the order of the body; each whole and sound. */
    List<Slice> batches() {
        return batches;
    }

    /** Whether a batch has a producer's sequence; it is then the only one. */
    boolean isSequenced() {
        return sequenced;
    }

    /** Records of all batches. */
    int records() {
        return records;
    }

    /**
     * Checks each batch against what its topic takes.
     *
     * @throws BusException 413 {@code record-too-large}
     */
    void requireAtMost(int maxBatchBytes) {
        for (int i = 0; i < batches.size(); i++) {
            if (batches.get(i).length() > maxBatchBytes) {
                throw ProblemCode.RECORD_TOO_LARGE.exceptionAt(
                        "/batches/" + i,
                        "the batch has "
                                + batches.get(i).length()
                                + " bytes; the topic takes at most "
                                + maxBatchBytes);
            }
        }
    }

    /**
     * Refuses records without a key, for a compacted topic.
     *
     * @throws BusException 422 {@code missing-field}
     */
    void requireKeys(String topic) {
        if (unkeyed != null) {
            throw RecordDraft.keyNeeded(unkeyed, topic);
        }
    }

    private String where() {
        return "/batches/" + batches.size();
    }

    private int take(int at) {
        String fault = RecordBatch.faultOf(bytes, at, bytes.length - at);
        if (fault == null) {
            // Of the log that it was read from: the broker's own, as base offset and epoch are.
            Claim.removeFrom(bytes, at);
            fault = refusal(at);
        }
        if (fault != null) {
            throw ProblemCode.INVALID_BATCH.exceptionAt(where(), fault);
        }
        records += RecordBatch.recordCount(bytes, at);
        if (records > MAX_RECORDS) {
            throw ProblemCode.BATCH_TOO_LARGE.exceptionAt(
                    where(), "a request holds at most " + MAX_RECORDS + " records");
        }
        checkRecords(at);
        Slice batch = new Slice(bytes, at, RecordBatch.sizeBytes(bytes, at));
        batches.add(batch);
        return batch.length();
    }

    /** What the header says that no producer may say here; null for nothing. */
    private @Nullable String refusal(int at) {
        int attributes = RecordBatch.attributes(bytes, at);
        int compression = RecordBatch.compression(bytes, at);
        if (!Compression.isReadable(compression)) {
            String name = compression == Compression.SNAPPY ? "snappy" : "code " + compression;
            return "compression " + name + " is not taken; none, gzip, lz4 and zstd are";
        }
        if ((attributes & RecordBatch.CONTROL) != 0) {
            return "a control batch is written by brokers only";
        }
        if ((attributes & RecordBatch.TRANSACTIONAL) != 0) {
            return "there are no transactions here, so a transactional batch is not taken";
        }
        if ((attributes & RecordBatch.LOG_APPEND_TIME) != 0) {
            return "a producer's timestamps are of type CreateTime, not LogAppendTime";
        }
        if ((attributes & 0xffff & ~KNOWN_ATTRIBUTES) != 0) {
            return "the attributes 0x%04x have bits without a meaning"
                    .formatted(attributes & 0xffff);
        }
        String fault = sequenceFault(at);
        return fault == null ? countFault(at) : fault;
    }

    private @Nullable String sequenceFault(int at) {
        long producerId = RecordBatch.producerId(bytes, at);
        sequenced |= producerId != NO_PRODUCER;
        boolean whole =
                RecordBatch.producerEpoch(bytes, at) >= 0
                        && RecordBatch.baseSequence(bytes, at) >= 0;
        return producerId == NO_PRODUCER || whole
                ? null
                : "a producer id comes with an epoch and a sequence of 0 or more";
    }

    private @Nullable String countFault(int at) {
        int count = RecordBatch.recordCount(bytes, at);
        long offsets = 1 + RecordBatch.lastOffset(bytes, at) - RecordBatch.baseOffset(bytes, at);
        if (count < 1) {
            return "a batch holds at least one record";
        }
        return count == offsets ? null : count + " records in " + offsets + " offsets";
    }

    private void checkRecords(int at) {
        BatchRecordRules rules =
                new BatchRecordRules(where(), RecordBatch.hasJsonValues(bytes, at));
        long base = RecordBatch.baseOffset(bytes, at);
        long newestMs = Long.MIN_VALUE;
        reader.over(bytes, at);
        try {
            for (long i = 0; reader.next(); i++) {
                if (i == 0) {
                    countUnpacked();
                }
                if (reader.offset() - base != i) {
                    throw ProblemCode.INVALID_BATCH.exceptionAt(
                            where() + "/records/" + i,
                            "record " + i + " has offset delta " + (reader.offset() - base));
                }
                rules.check(reader, i);
                if (unkeyed == null && reader.keyLength() < 0) {
                    unkeyed = where() + "/records/" + i + "/key";
                }
                newestMs = Math.max(newestMs, reader.timestampMs());
            }
        } catch (OversizedBatchException e) {
            throw ProblemCode.BODY_TOO_LARGE.exceptionAt(where(), e.getMessage());
        } catch (MalformedBatchException e) {
            throw ProblemCode.INVALID_BATCH.exceptionAt(where(), e.getMessage());
        }
        if (newestMs != RecordBatch.maxTimestampMs(bytes, at)) {
            throw ProblemCode.INVALID_BATCH.exceptionAt(
                    where(),
                    "the newest record is of "
                            + newestMs
                            + ", the batch says "
                            + RecordBatch.maxTimestampMs(bytes, at));
        }
    }

    /** Many small batches could unpack to far more than one. */
    private void countUnpacked() {
        unpackedBytes += reader.recordsBytes();
        if (unpackedBytes > Compression.MAX_BYTES) {
            throw ProblemCode.BODY_TOO_LARGE.exceptionAt(
                    where(),
                    "the batches of a request unpack to at most "
                            + Compression.MAX_BYTES
                            + " bytes together");
        }
    }
}
