package dev.restbus.broker.log;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How far a log was compacted, and since when its tombstones were seen to be the newest of their
 * keys: they may be dropped so long after that, so that a reader who began before them has time to
 * meet them. Part of {@link LogState}, on its clock. One thread at a time.
 */
final class CleanState {

    private static final String LINE = "cleaned";
    private static final String MARK = "tombstones";
    private static final int MAX_MARKS = 32;

    /**
     * Tombstones below an offset were left by a cleaning.
     *
     * @param clockMs when it ended
     */
    private record Mark(long end, long clockMs) {}

    private final Deque<Mark> marks = new ArrayDeque<>();

    private long end;
    private long dropped;

    /** Below it each key was once left with its newest record only. */
    long end() {
        return end;
    }

    /**
     * The offset below which tombstones may go.
     *
     * @param tombstoneMs for how long they are kept
     * @return 0, or what {@link #dropped()} says, if there is nothing new to drop
     */
    long droppableBelow(long nowMs, long tombstoneMs) {
        long below = dropped;
        for (Mark mark : marks) {
            if (nowMs - mark.clockMs() > tombstoneMs) {
                below = Math.max(below, mark.end());
            }
        }
        return below;
    }

    /** Tombstones below it are gone. */
    long dropped() {
        return dropped;
    }

    /**
     * A cleaning ended.
     *
     * @param newEnd up to which the newest record of each key was known
     * @param newDropped below which tombstones were dropped
     * @param someLeft whether other tombstones were left
     */
    void cleaned(long newEnd, long newDropped, boolean someLeft, long nowMs) {
        end = Math.max(end, newEnd);
        dropped = Math.max(dropped, newDropped);
        marks.removeIf(mark -> mark.end() <= dropped);
        boolean isNew = marks.isEmpty() || marks.peekLast().end() < end;
        if (someLeft && isNew && end > dropped) {
            // Without the oldest mark its tombstones wait for the next one.
            if (marks.size() == MAX_MARKS) {
                marks.removeFirst();
            }
            marks.addLast(new Mark(end, nowMs));
        }
    }

    void appendTo(StringBuilder text) {
        if (end > 0) {
            text.append(LINE).append(' ').append(end).append(' ').append(dropped).append('\n');
        }
        for (Mark mark : marks) {
            text.append(MARK).append(' ').append(mark.end());
            text.append(' ').append(mark.clockMs()).append('\n');
        }
    }

    /** Takes a line of the file, if it is one of these. */
    void take(String[] line) {
        if (line[0].equals(LINE)) {
            end = Long.parseLong(line[1]);
            dropped = Long.parseLong(line[2]);
        } else if (line[0].equals(MARK)) {
            marks.addLast(new Mark(Long.parseLong(line[1]), Long.parseLong(line[2])));
        }
    }
}
