package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.RecordDraft;

/**
 * What each record of a batch that came in binary has to be, so that it can be read again in every
 * way. Used for one batch.
 */
final class BatchRecordRules {

    private final String batchPointer;
    private final boolean batchHasJson;

    /**
     * Rules for the records of one batch.
     *
     * @param batchHasJson the batch's {@link dev.restbus.api.batch.RecordBatch#JSON_VALUES}
     */
    BatchRecordRules(String batchPointer, boolean batchHasJson) {
        this.batchPointer = batchPointer;
        this.batchHasJson = batchHasJson;
    }

    /**
     * Checks the record the reader stands on.
     *
     * @throws BusException 413 {@code record-too-large}, 422 {@code invalid-batch}
     * @throws RecordReader.MalformedBatchException for headers that do not parse
     */
    void check(RecordReader record, long index) {
        requireAtMost(record.keyLength(), RecordDraft.MAX_KEY_BYTES, "key", index);
        requireAtMost(record.valueLength(), RecordDraft.MAX_VALUE_BYTES, "value", index);
        if (record.timestampMs() < 0) {
            throw invalid(
                    index,
                    "/timestamp",
                    "a timestamp is epoch milliseconds, not " + record.timestampMs());
        }
        checkHeaders(record, index);
        Slice value = record.value();
        if (value != null) {
            checkValue(record, value, index);
        }
    }

    private void requireAtMost(int length, int max, String what, long index) {
        if (length > max) {
            throw ProblemCode.RECORD_TOO_LARGE.exceptionAt(
                    at(index, "/" + what),
                    "the " + what + " has " + length + " bytes; at most " + max + " are allowed");
        }
    }

    private void checkHeaders(RecordReader record, long index) {
        int[] bytes = new int[1];
        record.headers(
                (name, value) -> bytes[0] += name.length() + (value == null ? 0 : value.length()));
        if (record.headerCount() > HeaderLimits.MAX_HEADERS
                || bytes[0] > HeaderLimits.MAX_TOTAL_BYTES) {
            throw invalid(
                    index,
                    "/headers",
                    "a record has at most "
                            + HeaderLimits.MAX_HEADERS
                            + " headers of "
                            + HeaderLimits.MAX_TOTAL_BYTES
                            + " bytes together");
        }
    }

    /** Whatever a read would splice into its own JSON has to be JSON. */
    private void checkValue(RecordReader record, Slice value, long index) {
        String contentType = record.header(RecordHeaders.CONTENT_TYPE);
        if (RecordJson.ValueKind.of(contentType, batchHasJson) != RecordJson.ValueKind.JSON) {
            return;
        }
        try {
            JsonValues.require(value, "");
        } catch (BusException e) {
            throw invalid(
                    index,
                    "/value",
                    "the value is said to be JSON and is not: " + e.problem().detail());
        }
    }

    private String at(long index, String member) {
        return batchPointer + "/records/" + index + member;
    }

    private BusException invalid(long index, String member, String detail) {
        return ProblemCode.INVALID_BATCH.exceptionAt(at(index, member), detail);
    }
}
