package dev.restbus.broker.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Finds batches of one segment by offset and by time. In memory for the active segment, and for a
 * closed one until both indexes are written; then by the files, which are rebuilt from the batches
 * if they are missing or damaged. One thread adds; any thread asks.
 */
final class SegmentIndex implements Closeable {

    private final Disk disk;
    private final Path folder;
    private final Segment segment;

    private volatile @Nullable OffsetIndex offsets;
    private volatile @Nullable IndexFile offsetsFile;
    private volatile @Nullable TimeIndex times;

    /** Once it was looked up in the file; {@link Long#MAX_VALUE} before. */
    private volatile long knownMaxTimestampMs = Long.MAX_VALUE;

    private boolean closed;

    SegmentIndex(Disk disk, Path folder, Segment segment) {
        this.disk = disk;
        this.folder = folder;
        this.segment = segment;
    }

    /** From now on in memory, beginning with what is known. */
    void use(OffsetIndex newOffsets, TimeIndex newTimes) {
        offsets = newOffsets;
        times = newTimes;
    }

    /** Takes over what another one, whose batches are the same, has in memory. */
    void adopt(SegmentIndex other) {
        offsets = other.offsets;
        times = other.times;
    }

    /** Tells the indexes in memory of a batch. */
    void offer(long batchBaseOffset, long nextOffset, long maxTimestampMs, long at, int sizeBytes) {
        OffsetIndex byOffset = offsets;
        if (byOffset != null) {
            byOffset.offer(batchBaseOffset - segment.baseOffset(), at);
        }
        TimeIndex byTime = times;
        if (byTime != null) {
            byTime.offer(maxTimestampMs, nextOffset, at + sizeBytes);
        }
    }

    /** Tells the index in memory that records are damaged behind what was offered. */
    void passDamage() {
        TimeIndex byTime = times;
        if (byTime != null) {
            byTime.passDamage();
        }
    }

    boolean isUnwritten() {
        return offsets != null || times != null;
    }

    /** Writes both; those of a closed segment are from then on searched in their files. */
    synchronized void write(long nextOffset) throws IOException {
        long base = segment.baseOffset();
        OffsetIndex byOffset = offsets;
        if (byOffset != null) {
            byOffset.writeTo(disk, LogFiles.index(folder, base), segment.sizeBytes(), nextOffset);
        }
        TimeIndex byTime = times;
        if (byTime != null) {
            byTime.writeTo(disk, LogFiles.times(folder, base), segment.sizeBytes(), nextOffset);
        }
        if (segment.isClosed()) {
            if (byTime != null) {
                knownMaxTimestampMs = byTime.maxTimestampMs();
            }
            offsets = null;
            times = null;
        }
    }

    /** The entry of the last indexed batch at or before an offset. */
    long floor(long offset) throws IOException {
        OffsetIndex inMemory = offsets;
        if (inMemory != null) {
            return inMemory.floor(offset - segment.baseOffset());
        }
        IndexFile inFile = offsetsFile;
        if (inFile == null) {
            inFile = openOffsets();
        }
        return inFile == null ? floor(offset) : inFile.floor(offset - segment.baseOffset());
    }

    /** The latest timestamp in the segment, {@link TimeIndex#NO_TIMESTAMP} if it is empty. */
    long maxTimestampMs() throws IOException {
        TimeIndex inMemory = times;
        if (inMemory == null && knownMaxTimestampMs != Long.MAX_VALUE) {
            return knownMaxTimestampMs;
        }
        return (inMemory == null ? readTimes() : inMemory).maxTimestampMs();
    }

    /** Every record of the segment below the answer is older than {@code timestampMs}. */
    long startFor(long timestampMs) throws IOException {
        TimeIndex inMemory = times;
        return (inMemory == null ? readTimes() : inMemory)
                .startFor(timestampMs, segment.baseOffset());
    }

    /** Opens the offset index of a closed segment; null if it was rebuilt and is in memory now. */
    private synchronized @Nullable IndexFile openOffsets() throws IOException {
        requireOpen();
        if (offsets != null || offsetsFile != null) {
            return offsets != null ? null : offsetsFile;
        }
        IndexFile opened = IndexFile.open(disk, LogFiles.index(folder, segment.baseOffset()));
        if (opened != null
                && opened.segmentBytes() == segment.sizeBytes()
                && opened.nextOffset() == segment.endOffset()) {
            offsetsFile = opened;
            return opened;
        }
        if (opened != null) {
            opened.close();
        }
        rebuild();
        return null;
    }

    /** Of a closed segment; not kept in memory, since who asks for a time asks seldom. */
    private synchronized TimeIndex readTimes() throws IOException {
        requireOpen();
        TimeIndex present = times;
        if (present != null) {
            return present;
        }
        Path path = LogFiles.times(folder, segment.baseOffset());
        TimeIndex read = TimeIndex.read(disk, path, segment.sizeBytes());
        if (read == null || read.coveredEnd(-1) != segment.endOffset()) {
            return rebuild();
        }
        knownMaxTimestampMs = read.maxTimestampMs();
        return read;
    }

    /** Both, for they are seldom lost alone. */
    private TimeIndex rebuild() throws IOException {
        OffsetIndex byOffset = new OffsetIndex();
        TimeIndex byTime = new TimeIndex();
        BatchScanner scanner = segment.scanner().from(0, segment.baseOffset());
        boolean more = scanner.next();
        while (more) {
            if (scanner.fault() != null) {
                byTime.passDamage();
                more = scanner.resync(segment.endOffset());
                if (more) {
                    byOffset.add(entryOf(scanner));
                }
            } else {
                byOffset.offer(scanner.baseOffset() - segment.baseOffset(), scanner.position());
                byTime.offer(
                        scanner.maxTimestampMs(),
                        scanner.nextOffset(),
                        scanner.position() + scanner.sizeBytes());
                more = scanner.next();
            }
        }
        use(byOffset, byTime);
        return byTime;
    }

    private long entryOf(BatchScanner scanner) {
        return OffsetIndex.entry(scanner.baseOffset() - segment.baseOffset(), scanner.position());
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the segment is closed");
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        IndexFile opened = offsetsFile;
        if (opened != null) {
            opened.close();
        }
    }
}
