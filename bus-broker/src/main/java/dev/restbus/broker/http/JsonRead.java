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
    private final int maxRecords;

    /** Counts unpacked: a compressed batch may hold far more than was read of the log. */
    private final int maxBytes;

    private final RecordReader record = new RecordReader();
    private int records;
    private long bytes;
    private boolean broken;

    JsonRead(JsonBytes out, int partition, Fetcher.Fetched fetched, int maxRecords, int maxBytes) {
        this.out = out;
        this.partition = partition;
        this.fetched = fetched;
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
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
        while (at < fetched.batches().length() && records < maxRecords) {
            boolean json = RecordBatch.hasJsonValues(batches, at);
            record.over(batches, at);
            while (hasNext()) {
                if (record.offset() < fetched.offset()) {
                    continue;
                }
                if (!admit()) {
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
            if (records == 0) {
                throw e;
            }
            broken = true;
            return false;
        }
    }

    private boolean admit() {
        if (records == maxRecords || (records > 0 && bytes + record.sizeBytes() > maxBytes)) {
            return false;
        }
        if (records++ > 0) {
            out.ascii(",");
        }
        bytes += record.sizeBytes();
        return true;
    }
}
