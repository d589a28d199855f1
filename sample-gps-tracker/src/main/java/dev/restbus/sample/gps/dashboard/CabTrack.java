package dev.restbus.sample.gps.dashboard;

import dev.restbus.sample.gps.fix.Fix;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What is known of one cab: its newest fix, the last few before it, and whether its fixes came in
 * order. Guarded by {@link CabMap}.
 */
final class CabTrack {

    static final int TRAIL_LENGTH = 12;

    /** Longitude and latitude, oldest first, the newest fix included. */
    private final Deque<double[]> trail = new ArrayDeque<>();

    private Fix newest;
    private int partition;
    private long offset;
    private long fixes;

    /** Numbers of the trip that were left out; one that still comes is out of order. */
    private long gap;

    private long version;

    CabTrack(Fix first, int partition, long offset) {
        this.newest = first;
        this.partition = partition;
        this.offset = offset;
        extend(first);
    }

    Fix newest() {
        return newest;
    }

    int partition() {
        return partition;
    }

    long offset() {
        return offset;
    }

    /** Fixes taken by this process, those found again in the log not counted. */
    long fixes() {
        return fixes;
    }

    long version() {
        return version;
    }

    double[][] trail() {
        return trail.toArray(double[][]::new);
    }

    /**
     * What a later fix is: its place in the log says whether it is new, its number whether late.
     */
    Arrival judge(Fix fix, int fixPartition, long fixOffset) {
        if (fixPartition == partition && fixOffset <= offset) {
            return Arrival.REPEATED;
        }
        if (!isNumberedLike(fix) || fix.seq() > newest.seq()) {
            return Arrival.NEXT;
        }
        return gap > 0 ? Arrival.LATE : Arrival.REPEATED;
    }

    /**
     * Takes the next fix.
     *
     * @return how many numbers were left out before it
     */
    long advance(Fix fix, int fixPartition, long fixOffset) {
        long left = 0;
        if (isNumberedLike(fix)) {
            left = fix.seq() - newest.seq() - 1;
            gap += left;
        } else {
            gap = 0;
        }
        if (!fix.trip().equals(newest.trip())) {
            trail.clear();
        }
        extend(fix);
        newest = fix;
        partition = fixPartition;
        offset = fixOffset;
        return left;
    }

    void count(long newVersion) {
        fixes++;
        version = newVersion;
    }

    void touch(long newVersion) {
        version = newVersion;
    }

    private void extend(Fix fix) {
        if (trail.size() == TRAIL_LENGTH) {
            trail.removeFirst();
        }
        trail.addLast(new double[] {fix.lon(), fix.lat()});
    }

    private boolean isNumberedLike(Fix fix) {
        return fix.seq() > 0 && newest.seq() > 0 && fix.trip().equals(newest.trip());
    }

    /** How a fix of a known cab arrives. */
    enum Arrival {
        NEXT,
        REPEATED,
        LATE
    }
}
