package dev.restbus.broker.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The segments of a log, ascending; the last is the active one. Changes replace the array, so that
 * whoever reads keeps what it saw: a segment that was taken out meanwhile fails its reads once it
 * is closed, and the reader looks here again. Thread-safe.
 */
final class Segments {

    private volatile Segment[] all;

    Segments(List<Segment> segments) {
        all = segments.toArray(new Segment[0]);
    }

    /** What there is now; not to be changed. */
    Segment[] all() {
        return all;
    }

    Segment active() {
        Segment[] now = all;
        return now[now.length - 1];
    }

    /** The segment in which the offset is or would be; the first for an offset before all. */
    Segment holding(long offset) {
        Segment[] now = all;
        int low = 0;
        int high = now.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (now[middle].baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return now[low];
    }

    long sizeBytes() {
        long bytes = 0;
        for (Segment segment : all) {
            bytes += segment.sizeBytes();
        }
        return bytes;
    }

    /** Makes {@code next} the active segment. */
    synchronized void add(Segment next) {
        Segment[] more = Arrays.copyOf(all, all.length + 1);
        more[more.length - 1] = next;
        all = more;
    }

    /**
     * Takes out the segments that end at or below an offset, never the active one.
     *
     * @return those, which nobody finds any more; whoever calls closes them
     */
    synchronized List<Segment> takeBelow(long offset) {
        List<Segment> below = new ArrayList<>();
        for (Segment segment : all) {
            if (segment.endOffset() <= offset) {
                below.add(segment);
            }
        }
        all = Arrays.copyOfRange(all, below.size(), all.length);
        return below;
    }

    /** Whether these, which are in a row, are all there. */
    boolean contains(List<Segment> some) {
        return indexOf(some, all) >= 0;
    }

    /** Puts one in the place of some that are all there. */
    synchronized void replace(List<Segment> old, Segment by) {
        Segment[] now = all;
        int at = indexOf(old, now);
        Segment[] next = new Segment[now.length - old.size() + 1];
        System.arraycopy(now, 0, next, 0, at);
        next[at] = by;
        System.arraycopy(now, at + old.size(), next, at + 1, now.length - at - old.size());
        all = next;
    }

    private static int indexOf(List<Segment> some, Segment[] in) {
        return Collections.indexOfSubList(Arrays.asList(in), some);
    }
}
