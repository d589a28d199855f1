package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.broker.group.MemberSession.Range;
import dev.restbus.broker.group.PollRequest.Limits;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads partitions one after another into one answer and moves their positions. Used once, under
 * the session's lock.
 */
final class BatchReader {

    private final Limits limits;
    private final RecordSink sink;
    private final RecordReader record = new RecordReader();
    private final List<Range> ranges = new ArrayList<>();

    private final BatchToken.Room names = new BatchToken.Room();

    /** Where each partition stood before. */
    private final Map<Owned, Long> began = new HashMap<>();

    private int records;
    private long bytes;

    BatchReader(Limits limits, RecordSink sink) {
        this.limits = limits;
        this.sink = sink;
    }

    /** What was read, sorted by partition. */
    List<Range> ranges() {
        ranges.sort((one, other) -> one.name().compareTo(other.name()));
        return ranges;
    }

    /**
     * Reads until the answer is full, or the batch that names what was read, or nothing is left
     * below the high watermarks. A failure leaves every position where it was.
     *
     * @param reset what to do where retention took the position
     * @throws BusException 500 {@code corrupt-record}, 416 {@code offset-out-of-range}; only while
     *     nothing was read, else the answer ends before it
     */
    void read(List<Owned> partitions, OffsetReset reset) {
        try {
            for (Owned one : partitions) {
                if (isFull() || !names.isFor(one.name().topic())) {
                    return;
                }
                began.put(one, one.position());
                read(one, reset);
            }
        } catch (BusException | MalformedBatchException e) {
            if (records == 0) {
                rewind();
                throw e;
            }
        } catch (RuntimeException e) {
            rewind();
            throw e;
        }
    }

    /** Nothing of what was read is handed out. */
    private void rewind() {
        began.forEach(Owned::moveTo);
        ranges.clear();
    }

    private void read(Owned one, OffsetReset reset) {
        stepOverDeleted(one, reset);
        long from = one.position();
        try {
            boolean more = true;
            while (more && !isFull()) {
                stepOverDeleted(one, reset);
                LogSlice slice = one.leader().read(one.position(), wantedBytes(one));
                more = slice.length() > 0 && readAll(one, slice);
            }
        } finally {
            if (one.position() > from) {
                add(new Range(one.name(), one.key(), one.generation(), from, one.position()));
            }
        }
    }

    private void add(Range range) {
        ranges.add(range);
        names.take(range.named());
    }

    /** Retention, or whoever deletes records, may be faster than the group. */
    private static void stepOverDeleted(Owned one, OffsetReset reset) {
        if (one.position() < one.leader().logStart()) {
            one.moveTo(resetPosition(one, reset));
        }
    }

    private static long resetPosition(Owned one, OffsetReset reset) {
        if (reset == OffsetReset.NONE) {
            throw one.leader().outOfRange(one.position());
        }
        return reset == OffsetReset.LATEST
                ? one.leader().highWatermark().offset()
                : one.leader().logStart();
    }

    /** About what is missing, by the size of this partition's last records. */
    private int wantedBytes(Owned one) {
        long missing = (long) (limits.maxRecords() - records) * one.recordBytes();
        return (int) Math.max(1, Math.min(missing, limits.maxBytes() - bytes));
    }

    /** False if the answer is full before the end of the slice. */
    private boolean readAll(Owned one, LogSlice slice) {
        byte[] batches = slice.bytes();
        int stored = 0;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(batches, at)) {
            stored += RecordBatch.recordCount(batches, at);
            boolean json = RecordBatch.hasJsonValues(batches, at);
            record.over(batches, at);
            while (record.next()) {
                if (record.offset() < one.position()) {
                    continue;
                }
                if (!admit()) {
                    one.noteSize(at + RecordBatch.sizeBytes(batches, at), stored);
                    return false;
                }
                sink.record(one.name().topic(), one.name().partition(), record, json);
                one.moveTo(record.offset() + 1);
            }
            one.moveTo(Math.max(one.position(), RecordBatch.nextOffset(batches, at)));
        }
        one.noteSize(slice.length(), stored);
        return true;
    }

    private boolean admit() {
        long after = bytes + record.sizeBytes();
        if (records >= limits.maxRecords() || (records > 0 && after > limits.maxBytes())) {
            return false;
        }
        records++;
        bytes = after;
        return true;
    }

    private boolean isFull() {
        return records >= limits.maxRecords() || bytes >= limits.maxBytes();
    }
}
