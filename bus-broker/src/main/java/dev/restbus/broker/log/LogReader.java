package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import java.io.IOException;

/**
 * Finds and reads batches while segments come and go: whoever reads a segment that is taken out
 * meanwhile fails, looks again, and finds what took its place, or that the offset is gone.
 * Thread-safe.
 */
final class LogReader {

    private static final System.Logger LOG = System.getLogger(LogReader.class.getName());

    private static final long NOT_LOOKED = -1;

    private final LogId id;
    private final Segments segments;
    private final LogState state;
    private volatile boolean closed;

    LogReader(LogId id, Segments segments, LogState state) {
        this.id = id;
        this.segments = segments;
        this.state = state;
    }

    /** From now on a read that fails was too late. */
    void close() {
        closed = true;
    }

    /** As {@link PartitionLog#read}. */
    LogSlice read(long offset, int maxBytes, long endOffset) {
        while (true) {
            requireWithin(offset, endOffset);
            if (offset == endOffset) {
                return LogSlice.EMPTY;
            }
            Segment segment = segments.holding(offset);
            try {
                return read(segment, offset, maxBytes, endOffset);
            } catch (IOException e) {
                if (isStillThere(segment, offset)) {
                    throw unreadable(offset, e);
                }
            } catch (BusException e) {
                if (isStillThere(segment, offset)) {
                    throw e;
                }
            }
        }
    }

    /** As {@link PartitionLog#firstAt}. */
    long firstAt(long timestampMs, long endOffset) {
        long found = NOT_LOOKED;
        while (found == NOT_LOOKED) {
            found = lookFor(timestampMs, endOffset);
        }
        return found;
    }

    private long lookFor(long timestampMs, long endOffset) {
        for (Segment segment : segments.all()) {
            long from = Math.max(state.start(), segment.baseOffset());
            long limit = Math.min(endOffset, segment.endOffset());
            try {
                if (from < limit && segment.index().maxTimestampMs() >= timestampMs) {
                    long found = segment.firstAt(timestampMs, from, limit);
                    if (found >= 0) {
                        return found;
                    }
                }
            } catch (IOException e) {
                if (!isStillThere(segment, from)) {
                    return NOT_LOOKED;
                }
                throw unreadable(from, e);
            } catch (BusException e) {
                if (!isStillThere(segment, from)) {
                    return NOT_LOOKED;
                }
                throw e;
            }
        }
        return endOffset;
    }

    /** If not, the failure only says that it was taken out. */
    private boolean isStillThere(Segment segment, long offset) {
        return segments.holding(offset) == segment && offset >= state.start();
    }

    private void requireWithin(long offset, long endOffset) {
        long start = state.start();
        if (offset < start || offset > endOffset) {
            throw ProblemCode.OFFSET_OUT_OF_RANGE
                    .problem("offset " + offset + " is not within " + start + " to " + endOffset)
                    .with("logStart", start)
                    .with("logEnd", endOffset)
                    .asException();
        }
    }

    private static LogSlice read(Segment segment, long offset, int maxBytes, long endOffset)
            throws IOException {
        if (offset < segment.baseOffset()) {
            throw Segment.damaged(offset, "no segment holds it");
        }
        return segment.read(offset, maxBytes, Math.min(endOffset, segment.endOffset()));
    }

    private BusException unreadable(long offset, IOException cause) {
        if (closed) {
            return ProblemCode.SHUTTING_DOWN.exception("the log of " + id + " is closed");
        }
        LOG.log(System.Logger.Level.WARNING, "cannot read offset " + offset + " of " + id, cause);
        return Segment.damaged(offset, "it cannot be read from the disk");
    }
}
