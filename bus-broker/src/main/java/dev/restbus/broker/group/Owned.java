package dev.restbus.broker.group;

import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.replication.PartitionLeader;

/**
 * A partition that a member reads under its own fence. Guarded by the member's session, but for
 * what never changes.
 */
final class Owned {
    private final TopicPartition name;
    private final OffsetKey key;
    private final PartitionLeader leader;

    /** Of the fence under which records are handed out now. */
    private long generation;

    /** Where this member began; the head of its open range until the first commit. */
    private final long start;

    /** The next record to hand out. */
    private long position;

    /** About how large a stored record is. */
    private int recordBytes = 1_024;

    Owned(OffsetKey key, PartitionLeader leader, long generation, long start) {
        this.name = leader.name();
        this.key = key;
        this.leader = leader;
        this.generation = generation;
        this.start = start;
        this.position = start;
    }

    TopicPartition name() {
        return name;
    }

    OffsetKey key() {
        return key;
    }

    PartitionLeader leader() {
        return leader;
    }

    long generation() {
        return generation;
    }

    long start() {
        return start;
    }

    long position() {
        return position;
    }

    void moveTo(long newPosition) {
        position = newPosition;
    }

    /** Starts over from the offset under a new generation of the fence. */
    void restart(long offset, long newGeneration) {
        position = offset;
        generation = newGeneration;
    }

    int recordBytes() {
        return recordBytes;
    }

    void noteSize(int bytes, int records) {
        if (records > 0) {
            recordBytes = Math.max(1, bytes / records);
        }
    }
}
