package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.replication.PartitionLeader;
import org.jspecify.annotations.Nullable;

/**
 * One record of a partition, looked up by its offset.
 *
 * @param record stands on it
 * @param json whether its batch says that values are JSON
 */
record FoundRecord(RecordReader record, boolean json) {

    /**
     * The first record at the offset or behind it that can be read, or null. Compaction leaves
     * holes and batches without records: it need not be the one at the offset.
     *
     * @throws BusException 416 {@code offset-out-of-range}; 500 {@code corrupt-record}
     * @throws MalformedBatchException if its batch does not parse
     */
    static @Nullable FoundRecord firstFrom(PartitionLeader leader, long offset) {
        long position = offset;
        LogSlice slice = leader.read(position, 1);
        while (slice.length() > 0) {
            byte[] batches = slice.bytes();
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(batches, at)) {
                RecordReader record = new RecordReader().over(batches, at);
                while (record.next()) {
                    if (record.offset() >= offset) {
                        return new FoundRecord(record, RecordBatch.hasJsonValues(batches, at));
                    }
                }
                position = RecordBatch.nextOffset(batches, at);
            }
            slice = leader.read(position, 1);
        }
        return null;
    }

    /** As {@link #firstFrom}, but null where the record at the offset itself is gone. */
    static @Nullable FoundRecord at(PartitionLeader leader, long offset) {
        if (offset < leader.logStart() || offset >= leader.highWatermark().offset()) {
            return null;
        }
        FoundRecord first = firstFrom(leader, offset);
        return first == null || first.record().offset() != offset ? null : first;
    }
}
