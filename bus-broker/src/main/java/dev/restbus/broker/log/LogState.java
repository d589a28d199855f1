package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What is known of a log besides its batches, in a small text file that ends with its CRC-32C: the
 * offset where it starts, its clock, when its segments were appended to, and how far it was
 * compacted.
 *
 * <p>The clock of a log counts the milliseconds for which the log was seen open, by the monotonic
 * clock, from 0. It is saved with the times that it gave, and goes on from there: what passed while
 * the log was closed, or since the last save before a crash, does not count. So no jump of the wall
 * clock, whether the process runs or not, can make a segment look older than it is; after a crash
 * it looks younger, by an hour at most for each.
 *
 * <p>One thread at a time changes it; any thread asks for the start and the clock.
 */
final class LogState {

    private static final String HEAD = "v1\n";
    private static final String START = "start";
    private static final String CLOCK = "clock";
    private static final String SEGMENT = "segment";
    private static final int MAX_FILE_BYTES = 16 << 20;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final long SAVE_INTERVAL_MS = 3_600_000;
    private static final long WORTH_SAVING_MS = 60_000;

    /**
     * When a segment was appended to, on the clock of the log.
     *
     * @param sizeBytes the segment's size then: with another, it was appended to once more
     */
    private record Times(long sizeBytes, long firstMs, long lastMs) {}

    private final Disk disk;
    private final Path path;
    private final LongSupplier nanoTime;
    private final long openedNanos;
    private final boolean damaged;

    private final CleanState cleaning = new CleanState();

    /** As read. */
    private final Map<Long, Times> times = new HashMap<>();

    private long openedMs;
    private volatile long start;

    /** When it was saved last, or tried to be. */
    private long savedMs;

    /** The base of the active segment, and its size, when it was saved last. */
    private long savedActive = -1;

    private long savedActiveBytes;

    private LogState(Disk disk, Path path, LongSupplier nanoTime, boolean damaged, long start) {
        this.disk = disk;
        this.path = path;
        this.nanoTime = nanoTime;
        this.openedNanos = nanoTime.getAsLong();
        this.damaged = damaged;
        this.start = start;
    }

    /**
     * Reads the file of the folder. Without one, the log starts at 0.
     *
     * @param firstBase where the first segment begins: the start if the file is damaged
     * @param nanoTime a monotonic clock
     */
    static LogState read(Disk disk, Path folder, long firstBase, LongSupplier nanoTime)
            throws IOException {
        Path path = folder.resolve(LogFiles.STATE);
        if (!disk.exists(path)) {
            return new LogState(disk, path, nanoTime, false, 0);
        }
        String text = LogFiles.readText(disk, path, MAX_FILE_BYTES);
        if (text == null || !text.startsWith(HEAD)) {
            return new LogState(disk, path, nanoTime, true, firstBase);
        }
        LogState state = new LogState(disk, path, nanoTime, false, 0);
        for (String line : text.substring(HEAD.length()).split("\n")) {
            state.take(line.split(" "));
        }
        return state;
    }

    private void take(String[] line) {
        switch (line[0]) {
            case START:
                start = Long.parseLong(line[1]);
                break;
            case CLOCK:
                openedMs = Long.parseLong(line[1]);
                savedMs = openedMs;
                break;
            case SEGMENT:
                times.put(
                        Long.parseLong(line[1]),
                        new Times(
                                Long.parseLong(line[2]),
                                Long.parseLong(line[3]),
                                Long.parseLong(line[4])));
                break;
            default:
                cleaning.take(line);
        }
    }

    /** Whether the file was there and could not be read. */
    boolean isDamaged() {
        return damaged;
    }

    /** The lowest offset that can be read. */
    long start() {
        return start;
    }

    /** How far it was compacted. */
    CleanState cleaning() {
        return cleaning;
    }

    /** The clock of the log; never goes back while the log is open. */
    long clockMs() {
        return openedMs + Math.max(0, nanoTime.getAsLong() - openedNanos) / NANOS_PER_MS;
    }

    /**
     * Tells a segment, as it was found, when it was appended to: now, if that is not known. The
     * active one comes last.
     */
    void tell(Segment segment) {
        Times known = times.get(segment.baseOffset());
        boolean same = known != null && known.sizeBytes() == segment.sizeBytes();
        savedActive = segment.baseOffset();
        savedActiveBytes = same ? segment.sizeBytes() : 0;
        if (segment.sizeBytes() > 0) {
            if (known != null) {
                segment.appendedAt(known.firstMs());
            }
            segment.appendedAt(same ? known.lastMs() : clockMs());
        }
    }

    /** Moves the start; durable when this returns. */
    void startAt(long offset, Segment[] segments) throws IOException {
        write(offset, segments);
        start = offset;
    }

    void save(Segment[] segments) throws IOException {
        write(start, segments);
    }

    /** Whether a segment was closed since it was saved, or much time has passed. */
    boolean isOutdated(Segment active) {
        return active.baseOffset() != savedActive
                || (active.sizeBytes() > 0 || active.baseOffset() > start)
                        && clockMs() - savedMs >= SAVE_INTERVAL_MS;
    }

    /** Whether something would be forgotten if the log were closed now. */
    boolean isWorthSaving(Segment active) {
        return active.baseOffset() != savedActive
                || active.sizeBytes() != savedActiveBytes
                || clockMs() - savedMs >= WORTH_SAVING_MS;
    }

    private void write(long newStart, Segment[] segments) throws IOException {
        savedMs = clockMs();
        Segment active = segments[segments.length - 1];
        savedActive = active.baseOffset();
        savedActiveBytes = active.sizeBytes();
        StringBuilder text = new StringBuilder(HEAD);
        text.append(START).append(' ').append(newStart).append('\n');
        text.append(CLOCK).append(' ').append(savedMs).append('\n');
        cleaning.appendTo(text);
        for (Segment segment : segments) {
            if (segment.lastAppendMs() >= 0) {
                text.append(SEGMENT).append(' ').append(segment.baseOffset());
                text.append(' ').append(segment.sizeBytes());
                text.append(' ').append(segment.firstAppendMs());
                text.append(' ').append(segment.lastAppendMs()).append('\n');
            }
        }
        LogFiles.replaceText(disk, path, text.toString());
    }
}
