package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;

/**
 * What marks a batch as the share of one request with an idempotency key: hashes of the key and of
 * the request, and the topic's partition count at that moment. It stands in the batch's own
 * producer fields, so that it is written, forced, cut off and compacted with the records, and no
 * reader meets a record for it. Its id is below -1, where Kafka's readers see no producer.
 * Immutable.
 *
 * <pre>
 *   producer id: bit 63 set, 62 bits of the key's hash, bit 0 clear (-1 is no producer)
 *   producer epoch: partition count       base sequence: 31 bits of the request's hash
 * </pre>
 *
 * @param id below -1
 * @param partitionCount 1 to 32767
 * @param requestHash 0 or more
 */
public record Claim(long id, short partitionCount, int requestHash) {

    /** Whether the batch is the share of a request with a key. */
    static boolean isIn(byte[] bytes, int at) {
        return RecordBatch.producerId(bytes, at) < -1;
    }

    static Claim of(byte[] bytes, int at) {
        return new Claim(
                RecordBatch.producerId(bytes, at),
                RecordBatch.producerEpoch(bytes, at),
                RecordBatch.baseSequence(bytes, at));
    }

    /** The failure of another request with the same key. */
    public static BusException reused() {
        return ProblemCode.IDEMPOTENCY_KEY_REUSED.exceptionAt(
                "Idempotency-Key", "the key came with another request within the last 10 minutes");
    }

    /** Marks a finished batch, and gives it the CRC that fits. */
    public void putInto(byte[] bytes, int at) {
        put(bytes, at, id, partitionCount, requestHash);
    }

    /** Takes the mark from a batch that was read from another log, if there is one. */
    public static void removeFrom(byte[] bytes, int at) {
        if (isIn(bytes, at)) {
            put(bytes, at, -1, (short) -1, -1);
        }
    }

    private static void put(byte[] bytes, int at, long id, short epoch, int sequence) {
        Bytes.putLong(bytes, at + RecordBatch.PRODUCER_ID_AT, id);
        Bytes.putShort(bytes, at + RecordBatch.PRODUCER_EPOCH_AT, epoch);
        Bytes.putInt(bytes, at + RecordBatch.BASE_SEQUENCE_AT, sequence);
        Bytes.putInt(bytes, at + RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, at));
    }
}
