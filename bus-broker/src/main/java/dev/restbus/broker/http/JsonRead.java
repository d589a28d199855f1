package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.broker.fetch.Fetcher;

/** Writes what a read found as JSON objects, within the limits of its caller. Used once. */
final class JsonRead {

    private final JsonBytes out;
    private final int partition;
    private final Fetcher.Fetched fetched;
    private final PageRoom room;
    private final RecordReader record = new RecordReader();
    private boolean broken;

    JsonRead(JsonBytes out, int partition, Fetcher.Fetched fetched, int maxRecords, int maxBytes) {
        this.out = out;
        this.partition = partition;
        this.fetched = fetched;
        this.room = new PageRoom(maxRecords, maxBytes);
    }

    /**
     * Writes at least one record if there is one, and returns the offset to go on at.
     *
     * @throws MalformedBatchException where the first record cannot be read
     */
    long write() {
        byte[] batches = fetched.batches().bytes();
        long next = fetched.offset();
        int at = 0;
        while (at < fetched.batches().length() && !room.isFull()) {
            boolean json = RecordBatch.hasJsonValues(batches, at);
            record.over(batches, at);
            while (hasNext()) {
                if (record.offset() < fetched.offset()) {
                    continue;
                }
                if (!room.admit(record, out)) {
                    return next;
                }
                RecordJson.write(out, null, partition, record, json);
                next = record.offset() + 1;
            }
            if (broken) {
                return next;
            }
            next = RecordBatch.nextOffset(batches, at);
            at += RecordBatch.sizeBytes(batches, at);
        }
        return next;
    }

    /** A batch that does not parse ends the answer before it, and fails one that begins with it. */
    private boolean hasNext() {
        try {
            return record.next();
        } catch (MalformedBatchException e) {
            if (room.records() == 0) {
                throw e;
            }
            broken = true;
            return false;
        }
    }
}
