package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordReader;

/** How many records a JSON answer still takes: always one. Not thread-safe. */
final class PageRoom {

    private final int maxRecords;

    /** Counts unpacked: a compressed batch may hold far more than was read of the log. */
    private final int maxBytes;

    private int records;
    private long bytes;

    PageRoom(int maxRecords, int maxBytes) {
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
    }

    int records() {
        return records;
    }

    boolean isFull() {
        return records >= maxRecords || bytes >= maxBytes;
    }

    /** How many bytes are left; at least 1 unless it is full. */
    int bytesLeft() {
        return (int) Math.max(0, maxBytes - bytes);
    }

    /** Takes the record the reader stands on, with the comma in front of it, if there is room. */
    boolean admit(RecordReader record, JsonBytes out) {
        long after = bytes + record.sizeBytes();
        if (records >= maxRecords || (records > 0 && after > maxBytes)) {
            return false;
        }
        if (records++ > 0) {
            out.ascii(",");
        }
        bytes = after;
        return true;
    }
}
