package dev.restbus.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the segments of a log in a row and decides where the log ends, without changing anything.
 *
 * <p>At or above the recovery point the first fault ends the log: it is what a crash left. Below it
 * a fault is damage: it is noted and stepped over, and the log goes on behind it, at the recovery
 * point at the latest. If the recovery point itself was lost, every fault that something sound
 * follows counts as damage, so that nothing readable is dropped.
 */
final class LogScan {

    /**
     * Offsets that were stored and cannot be read any more.
     *
     * @param from the first of them
     * @param to behind the last
     */
    record Damage(long segmentBase, long position, long from, long to, String reason) {}

    /**
     * The end of a segment that a crash left.
     *
     * @param segment its place in the list
     * @param position where the sound part ends
     */
    record Cut(int segment, long position, String reason) {}

    /** Sees what is in the segments, in order. */
    @FunctionalInterface
    interface Visitor {
        /** A sound batch. */
        void batch(int segment, BatchScanner batch) throws IOException;

        /** Offsets of a segment that cannot be read, behind what was seen of it. */
        default void damage(int segment) {}
    }

    /** Stands for a recovery point that was lost. */
    static final long UNKNOWN = Long.MAX_VALUE;

    private final List<Segment> segments;
    private final long start;
    private final long recoveryPoint;
    private final @Nullable LeaderEpochs epochs;
    private final Visitor visitor;
    private final List<Damage> damage = new ArrayList<>();

    private long expected;
    private int kept;
    private boolean ended;
    private boolean endsBehindDamage;
    private @Nullable Cut cut;

    /**
     * @param start the start of the log; of what lies below it nothing need be there
     */
    LogScan(
            List<Segment> segments,
            long start,
            long recoveryPoint,
            @Nullable LeaderEpochs epochs,
            Visitor visitor) {
        this.segments = segments;
        this.start = start;
        this.recoveryPoint = recoveryPoint;
        this.epochs = epochs;
        this.visitor = visitor;
    }

    /** Scans from an index entry of a segment; all before it is taken as sound. */
    LogScan runFrom(int segment, long entry) throws IOException {
        expected = segment == 0 ? firstExpected() : segments.get(segment).baseOffset();
        for (int i = segment; i < segments.size() && !ended; i++) {
            if (begins(i)) {
                boolean first = i == segment;
                scan(i, first ? entry : 0);
                kept = i + 1;
            }
        }
        if (!ended && expected < recoveryPoint && recoveryPoint != UNKNOWN) {
            endAt(recoveryPoint, "the log ends before its recovery point");
        }
        if (expected < start) {
            endAt(start, "the log ends before its start");
        }
        return this;
    }

    private long firstExpected() {
        return segments.isEmpty() ? start : Math.min(start, segments.get(0).baseOffset());
    }

    /** The offset behind the last record. */
    long end() {
        return expected;
    }

    /** Offsets that cannot be read. */
    List<Damage> damage() {
        return damage;
    }

    /** How many of the segments belong to the log; those behind them are left from a crash. */
    int segmentsKept() {
        return kept;
    }

    /** What is to be cut off the last segment kept; null if nothing is. */
    @Nullable Cut cut() {
        return cut;
    }

    /** Whether the end is behind damage, so that the next batch needs a segment of its own. */
    boolean endsBehindDamage() {
        return endsBehindDamage;
    }

    /** Whether the segment continues the log; if not, the log ends before it or has a hole. */
    private boolean begins(int i) {
        long base = segments.get(i).baseOffset();
        if (base > expected && base <= recoveryPoint) {
            note(i, 0, base, "no segment holds it");
            if (i > 0) {
                visitor.damage(i - 1);
            }
            expected = base;
        }
        if (base != expected) {
            ended = true;
            if (expected < recoveryPoint && recoveryPoint != UNKNOWN) {
                endAt(recoveryPoint, "no segment holds it");
            }
            return false;
        }
        return true;
    }

    private void scan(int i, long entry) throws IOException {
        Segment segment = segments.get(i);
        long limit = i + 1 < segments.size() ? segments.get(i + 1).baseOffset() : UNKNOWN;
        if (limit > recoveryPoint) {
            limit = UNKNOWN;
        }
        expected += OffsetIndex.relativeOffset(entry);
        BatchScanner batches =
                new BatchScanner(segment.file(), segment.sizeBytes(), limit, epochs)
                        .from(OffsetIndex.position(entry), expected);
        boolean more = batches.next();
        while (more && !ended) {
            String fault = batches.fault();
            if (fault != null) {
                more = isTorn() ? cutAt(i, batches.position(), fault) : stepOver(i, batches, limit);
            } else {
                visitor.batch(i, batches);
                expected = batches.nextOffset();
                more = batches.next();
            }
        }
    }

    private boolean isTorn() {
        return recoveryPoint != UNKNOWN && expected >= recoveryPoint;
    }

    private boolean cutAt(int i, long position, String reason) {
        cut = new Cut(i, position, reason);
        ended = true;
        return false;
    }

    /** Goes on behind damage; false if nothing of the segment can be read behind it. */
    private boolean stepOver(int i, BatchScanner batches, long limit) throws IOException {
        long position = batches.position();
        String reason = String.valueOf(batches.fault());
        visitor.damage(i);
        boolean found = batches.resync(limit == UNKNOWN ? recoveryPoint : limit);
        if (found && batches.baseOffset() <= recoveryPoint) {
            note(i, position, batches.baseOffset(), reason);
            expected = batches.baseOffset();
            return true;
        }
        if (found) {
            cutAt(i, batches.position(), "behind the recovery point, next to damage");
        }
        if (limit != UNKNOWN) {
            note(i, position, limit, reason);
            expected = limit;
        } else if (recoveryPoint == UNKNOWN) {
            return cutAt(i, position, reason);
        } else {
            note(i, position, recoveryPoint, reason);
            expected = recoveryPoint;
            endsBehindDamage = true;
            ended = true;
        }
        return false;
    }

    private void endAt(long offset, String reason) {
        int last = Math.max(0, Math.min(kept, segments.size()) - 1);
        note(last, segments.isEmpty() ? 0 : segments.get(last).sizeBytes(), offset, reason);
        if (!segments.isEmpty()) {
            visitor.damage(last);
        }
        expected = offset;
        endsBehindDamage = true;
        ended = true;
    }

    private void note(int segment, long position, long to, String reason) {
        long base = segments.isEmpty() ? 0 : segments.get(segment).baseOffset();
        damage.add(new Damage(base, position, expected, to, reason));
    }
}
