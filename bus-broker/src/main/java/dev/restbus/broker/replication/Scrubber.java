package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads all logs again, slowly, so that what the disk damages is found before somebody needs it:
 * reading checks every batch. What is damaged is logged, once a pass, and counted. A pass goes over
 * all logs and begins an hour after the one before it began, at the earliest. One thread scrubs;
 * any thread asks for the count.
 */
final class Scrubber {

    private static final System.Logger LOG = System.getLogger(Scrubber.class.getName());

    static final long PASS_NANOS = 3_600_000_000_000L;
    private static final int READ_BYTES = 64 * 1024;

    private final long bytesPerRound;
    private final LongSupplier nanoTime;

    /** Of each log that has any: how many offsets the last pass over it could not read. */
    private final Map<TopicPartition, Long> damaged = new ConcurrentHashMap<>();

    private long nextPassNanos;

    /** How many logs this pass is through with. */
    private int through;

    /** The log it is at, and how far it came. */
    private @Nullable PartitionLeader current;

    private long offset;
    private long found;

    /** Where the damage begins behind which nothing sound was read yet; -1 if there is none. */
    private long damagedFrom = -1;

    /**
     * @param bytesPerRound about how much is read in a round; 0 for nothing
     * @param nanoTime a monotonic clock
     */
    Scrubber(long bytesPerRound, LongSupplier nanoTime) {
        this.bytesPerRound = bytesPerRound;
        this.nanoTime = nanoTime;
        this.nextPassNanos = nanoTime.getAsLong();
    }

    /** How many offsets could not be read when they were looked at last. */
    long damagedRecords() {
        return damaged.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Goes on where the last round ended. */
    void round(List<PartitionLeader> open, BooleanSupplier stop) {
        long left = bytesPerRound;
        while (left > 0 && !stop.getAsBoolean() && hasWork(open)) {
            PartitionLeader leader = current;
            if (leader == null) {
                leader = open.get(through);
                begin(leader);
            }
            left -= step(leader);
        }
    }

    private boolean hasWork(List<PartitionLeader> open) {
        if (through < open.size()) {
            return true;
        }
        long now = nanoTime.getAsLong();
        if (open.isEmpty() || now - nextPassNanos < 0) {
            return false;
        }
        nextPassNanos = now + PASS_NANOS;
        through = 0;
        damaged.keySet().retainAll(open.stream().map(PartitionLeader::name).toList());
        return true;
    }

    private void begin(PartitionLeader leader) {
        current = leader;
        offset = leader.logStart();
        found = 0;
        damagedFrom = -1;
    }

    /** Reads a piece; how many bytes that took. */
    private long step(PartitionLeader leader) {
        long end = leader.highWatermark().offset();
        PartitionLog log = leader.log();
        offset = Math.max(offset, log.logStart());
        if (offset >= end) {
            finish(leader);
            return 0;
        }
        try {
            LogSlice slice = log.read(offset, READ_BYTES, end);
            tellDamage(leader);
            offset = behind(slice);
            return slice.length();
        } catch (BusException e) {
            return afterFailure(leader, e);
        }
    }

    private static long behind(LogSlice slice) {
        long next = 0;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
            next = RecordBatch.nextOffset(slice.bytes(), at);
        }
        return next;
    }

    private long afterFailure(PartitionLeader leader, BusException failure) {
        ProblemCode code = failure.problem().code();
        if (code == ProblemCode.CORRUPT_RECORD) {
            damagedFrom = damagedFrom < 0 ? offset : damagedFrom;
            found++;
            offset++;
        } else if (code != ProblemCode.OFFSET_OUT_OF_RANGE) {
            // Closed, deleted or stopped meanwhile.
            finish(leader);
        }
        return READ_BYTES;
    }

    private void finish(PartitionLeader leader) {
        tellDamage(leader);
        if (found == 0) {
            damaged.remove(leader.name());
        } else {
            damaged.put(leader.name(), found);
        }
        current = null;
        through++;
    }

    private void tellDamage(PartitionLeader leader) {
        if (damagedFrom >= 0) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "{0}: offsets {1} to {2} are damaged and cannot be read",
                    leader.name(),
                    Long.toString(damagedFrom),
                    Long.toString(offset - 1));
            damaged.merge(leader.name(), found, Math::max);
            damagedFrom = -1;
        }
    }
}
