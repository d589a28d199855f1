package dev.restbus.broker.group;

import dev.restbus.broker.offsets.OffsetKey;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Partitions that wait before a failing record is tried again. Only in memory: after a restart the
 * wait begins anew, in full. Thread-safe.
 */
final class Holds {

    /**
     * One wait, perhaps over by now.
     *
     * @param offset the failing record
     * @param untilNanos on the clock that never jumps
     * @param untilMs the same by the wall clock, for people
     */
    record Hold(long offset, long untilNanos, long untilMs) {}

    private final GroupClock clock;
    private final Map<OffsetKey, Hold> holds = new ConcurrentHashMap<>();

    Holds(GroupClock clock) {
        this.clock = clock;
    }

    /** Starts a wait in place of any other. */
    Hold start(OffsetKey key, long offset, long durationMs) {
        Hold hold =
                new Hold(
                        offset, clock.nanos() + durationMs * 1_000_000, clock.nowMs() + durationMs);
        holds.put(key, hold);
        return hold;
    }

    /** The wait for this record, over or not; null if none was started in this process. */
    @Nullable Hold of(OffsetKey key, long offset) {
        Hold hold = holds.get(key);
        return hold == null || hold.offset() != offset ? null : hold;
    }

    /**
     * The wait that is not over and keeps back whoever reads from the offset, else null. The
     * failing record may lie behind it: compaction took what was between.
     */
    @Nullable Hold running(OffsetKey key, long offset) {
        Hold hold = holds.get(key);
        return hold == null || hold.offset() < offset || hold.untilNanos() - clock.nanos() <= 0
                ? null
                : hold;
    }

    void end(OffsetKey key) {
        holds.remove(key);
    }
}
