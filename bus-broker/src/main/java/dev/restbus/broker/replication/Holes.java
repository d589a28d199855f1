package dev.restbus.broker.replication;

import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.broker.log.PartitionLog.LogSlice;

/** Reads on where compaction left no record. Stateless. */
final class Holes {

    private Holes() {}

    /**
     * As {@link PartitionLog#read}, from the first batches on that hold a record at or above the
     * offset.
     *
     * @return batches without such a record only where there is none up to {@code endOffset}: who
     *     reads goes on behind them
     */
    static LogSlice readBehind(PartitionLog log, long offset, int maxBytes, long endOffset) {
        LogSlice slice = log.read(offset, maxBytes, endOffset);
        long next = behindHole(slice, offset);
        while (next >= 0 && next < endOffset) {
            slice = log.read(next, maxBytes, endOffset);
            next = behindHole(slice, offset);
        }
        return slice;
    }

    /** -1 if there is a record at or above the offset, else the offset behind the slice. */
    private static long behindHole(LogSlice slice, long offset) {
        byte[] bytes = slice.bytes();
        long next = -1;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(bytes, at)) {
            next = RecordBatch.nextOffset(bytes, at);
            long offsets = next - RecordBatch.baseOffset(bytes, at);
            int records = RecordBatch.recordCount(bytes, at);
            if (records == offsets || records > 0 && holdsFrom(bytes, at, offset)) {
                return -1;
            }
        }
        return next;
    }

    private static boolean holdsFrom(byte[] bytes, int at, long offset) {
        RecordReader record = new RecordReader().over(bytes, at);
        while (record.next()) {
            if (record.offset() >= offset) {
                return true;
            }
        }
        return false;
    }
}
