package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file of batches and its index. The files of a closed segment are opened at first use. One
 * thread appends to the active segment; any thread reads.
 */
final class Segment implements Closeable {

    /** Enough to walk from an index entry to any batch that has no entry of its own. */
    private static final int REWRITE_BYTES = 256 * 1024;

    private static final int PROBE_BYTES = OffsetIndex.INTERVAL_BYTES + RecordBatch.HEADER_BYTES;

    private static final int SEARCH_BYTES = 64 * 1024;

    private final Disk disk;
    private final Path path;
    private final long baseOffset;
    private final LeaderEpochs epochs;

    private final SegmentIndex index;
    private volatile @Nullable DiskFile file;

    /** Behind the last whole batch; grows after the bytes were written. */
    private volatile long sizeBytes;

    /** The base offset of the next segment; {@link Long#MAX_VALUE} for the active one. */
    private volatile long endOffset = Long.MAX_VALUE;

    /** On the clock of the log, see {@link LogState}; -1 while it is empty. */
    private volatile long firstAppendMs = -1;

    private volatile long lastAppendMs = -1;

    private boolean closed;

    Segment(Disk disk, Path folder, long baseOffset, LeaderEpochs epochs, long sizeBytes) {
        this(disk, folder, baseOffset, LogFiles.log(folder, baseOffset), epochs, sizeBytes);
    }

    /** One whose file is, for now, at another path than where a log has it. */
    Segment(
            Disk disk,
            Path folder,
            long baseOffset,
            Path path,
            LeaderEpochs epochs,
            long sizeBytes) {
        this.disk = disk;
        this.path = path;
        this.baseOffset = baseOffset;
        this.epochs = epochs;
        this.index = new SegmentIndex(disk, folder, this);
        this.sizeBytes = sizeBytes;
    }

    /**
     * A segment without batches; whoever calls makes its name durable. After a failure there is no
     * such file, or the failure is not that the disk is full.
     */
    static Segment create(Disk disk, Path folder, long baseOffset, LeaderEpochs epochs)
            throws IOException {
        Segment segment = new Segment(disk, folder, baseOffset, epochs, 0);
        segment.file();
        try {
            segment.file().truncate(0);
            disk.delete(LogFiles.index(folder, baseOffset));
            disk.delete(LogFiles.times(folder, baseOffset));
        } catch (IOException e) {
            segment.close();
            disk.delete(LogFiles.log(folder, baseOffset));
            throw new IOException("cannot begin segment " + baseOffset, e);
        }
        segment.index.use(new OffsetIndex(), new TimeIndex());
        return segment;
    }

    /** Empties the file, if there is one, and forgets what was in it. */
    void beginAnew() throws IOException {
        file().truncate(0);
        index.use(new OffsetIndex(), new TimeIndex());
    }

    /** Whether the file is at another path than where a log has it. */
    boolean isElsewhere() {
        return !path.getFileName().toString().endsWith(LogFiles.LOG_SUFFIX);
    }

    long baseOffset() {
        return baseOffset;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    long endOffset() {
        return endOffset;
    }

    void endAt(long nextBaseOffset) {
        endOffset = nextBaseOffset;
    }

    /** When the first batch was appended, on the clock of the log; -1 for an empty segment. */
    long firstAppendMs() {
        return firstAppendMs;
    }

    /** When the last batch was appended, on the clock of the log; -1 for an empty segment. */
    long lastAppendMs() {
        return lastAppendMs;
    }

    void appendedAt(long clockMs) {
        if (firstAppendMs < 0) {
            firstAppendMs = clockMs;
        }
        lastAppendMs = clockMs;
    }

    SegmentIndex index() {
        return index;
    }

    /** Whether another segment is the active one. */
    boolean isClosed() {
        return endOffset != Long.MAX_VALUE;
    }

    /** Writes batches behind the last one; {@link #grow} makes them part of the segment. */
    void write(List<Slice> batches) throws IOException {
        file().write(sizeBytes, batches);
    }

    /** Reads bytes as they are; how many there were. */
    int readRaw(long position, byte[] into, int at, int length) throws IOException {
        return file().read(position, into, at, length);
    }

    /** Takes a batch that was written at the end into the segment. */
    void grow(Slice batch) {
        index.offer(
                RecordBatch.baseOffset(batch.bytes(), batch.at()),
                RecordBatch.nextOffset(batch.bytes(), batch.at()),
                RecordBatch.maxTimestampMs(batch.bytes(), batch.at()),
                sizeBytes,
                batch.length());
        sizeBytes += batch.length();
    }

    /** Cuts off what is behind the last whole batch, durably. */
    void cutBehindEnd() throws IOException {
        file().truncate(sizeBytes);
        file().force();
    }

    void cutAt(long position) throws IOException {
        sizeBytes = position;
        file().truncate(position);
    }

    void force() throws IOException {
        file().force();
    }

    /**
     * Writes what is there from a position on once more, as it is. After a failed force Linux keeps
     * what was written, calls it clean, and writes it never again: it can be read until the cache
     * needs the room, and a later force succeeds without it.
     */
    void writeAgain(long from) throws IOException {
        byte[] piece = new byte[(int) Math.min(REWRITE_BYTES, Math.max(0, sizeBytes - from))];
        long at = from;
        while (at < sizeBytes) {
            int wanted = (int) Math.min(piece.length, sizeBytes - at);
            int read = file().read(at, piece, 0, wanted);
            if (read < wanted) {
                throw new IOException(
                        "only " + read + " bytes at " + at + " of segment " + baseOffset);
            }
            file().write(at, List.of(new Slice(piece, 0, read)));
            at += read;
        }
    }

    /**
     * Reads checked batches, from the one that holds {@code offset}.
     *
     * @param limit a batch boundary behind {@code offset}, within this segment
     * @throws dev.restbus.api.BusException 500 {@code corrupt-record}
     */
    PartitionLog.LogSlice read(long offset, int maxBytes, long limit) throws IOException {
        long end = sizeBytes;
        long entry = index.floor(offset);
        long walkFrom = OffsetIndex.position(entry);
        byte[] probe = new byte[(int) Math.max(0, Math.min(PROBE_BYTES, end - walkFrom))];
        int probed = file().read(walkFrom, probe, 0, probe.length);
        int at = walk(probe, probed, baseOffset + OffsetIndex.relativeOffset(entry), offset);
        if (at < 0) {
            return readAroundDamage(offset, maxBytes, limit, entry, end);
        }
        long start = walkFrom + at;
        int firstBytes = RecordBatch.sizeBytes(probe, at);
        if (firstBytes > end - start || firstBytes > LogSettings.MAX_BATCH_BYTES) {
            return readAroundDamage(offset, maxBytes, limit, entry, end);
        }
        byte[] bytes = new byte[(int) Math.min(end - start, Math.max(maxBytes, firstBytes))];
        int there = Math.min(probed - at, bytes.length);
        System.arraycopy(probe, at, bytes, 0, there);
        if (there < bytes.length) {
            there += file().read(start + there, bytes, there, bytes.length - there);
        }
        int length = soundBytes(bytes, there, RecordBatch.baseOffset(probe, at), limit);
        return length > 0
                ? new PartitionLog.LogSlice(bytes, length)
                : readAroundDamage(offset, maxBytes, limit, entry, end);
    }

    /**
     * Walks batch headers, each of which must begin where its predecessor ends, to the batch that
     * holds the offset.
     *
     * @return where it begins, or -1 if a header is not what it should be
     */
    private static int walk(byte[] bytes, int length, long firstOffset, long wanted) {
        long expected = firstOffset;
        int at = 0;
        while (length - at >= RecordBatch.HEADER_BYTES) {
            int size = RecordBatch.sizeBytes(bytes, at);
            long next = RecordBatch.nextOffset(bytes, at);
            if (RecordBatch.baseOffset(bytes, at) != expected
                    || size < RecordBatch.HEADER_BYTES
                    || next <= expected) {
                return -1;
            }
            if (next > wanted) {
                return at;
            }
            expected = next;
            if (size > length - at) {
                return -1;
            }
            at += size;
        }
        return -1;
    }

    /** How many bytes are sound batches in a row, from the given offset and up to the limit. */
    private int soundBytes(byte[] bytes, int length, long firstOffset, long limit) {
        long expected = firstOffset;
        int at = 0;
        while (at < length
                && RecordBatch.faultOf(bytes, at, length - at) == null
                && RecordBatch.baseOffset(bytes, at) == expected
                && RecordBatch.leaderEpoch(bytes, at) == epochs.at(expected)
                && RecordBatch.nextOffset(bytes, at) <= limit) {
            expected = RecordBatch.nextOffset(bytes, at);
            at += RecordBatch.sizeBytes(bytes, at);
        }
        return at;
    }

    /** The slow way, batch by batch, past the damaged ones before the offset. */
    private PartitionLog.LogSlice readAroundDamage(
            long offset, int maxBytes, long limit, long entry, long end) throws IOException {
        BatchScanner scanner =
                new BatchScanner(file(), end, endOffset, epochs)
                        .from(
                                OffsetIndex.position(entry),
                                baseOffset + OffsetIndex.relativeOffset(entry));
        boolean more = scanner.next();
        String fault = "the segment ends before it";
        while (more && scanner.baseOffset() <= offset) {
            if (scanner.fault() != null) {
                fault = scanner.fault();
                more = scanner.resync(limit);
            } else if (scanner.nextOffset() > offset) {
                return copyFrom(scanner, maxBytes, limit, end);
            } else {
                more = scanner.next();
            }
        }
        throw damaged(offset, fault);
    }

    static BusException damaged(long offset, String fault) {
        return ProblemCode.CORRUPT_RECORD
                .problem("the record at offset " + offset + " is damaged: " + fault)
                .with("offset", offset)
                .asException();
    }

    private PartitionLog.LogSlice copyFrom(BatchScanner scanner, int maxBytes, long limit, long end)
            throws IOException {
        long wanted = Math.min(end - scanner.position(), Math.max(maxBytes, scanner.sizeBytes()));
        byte[] bytes = new byte[(int) wanted];
        int there = file().read(scanner.position(), bytes, 0, bytes.length);
        return new PartitionLog.LogSlice(
                bytes, soundBytes(bytes, there, scanner.baseOffset(), limit));
    }

    /**
     * The first record that is not older, within what can be read.
     *
     * @param from no record below is looked at
     * @param limit a batch boundary within this segment
     * @return its offset, or -1
     * @throws dev.restbus.api.BusException 500 {@code corrupt-record} where damage is in the way
     */
    long firstAt(long timestampMs, long from, long limit) throws IOException {
        long offset = Math.max(from, index.startFor(timestampMs));
        RecordReader record = new RecordReader();
        while (offset < limit) {
            PartitionLog.LogSlice slice = read(offset, SEARCH_BYTES, limit);
            byte[] bytes = slice.bytes();
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(bytes, at)) {
                if (RecordBatch.maxTimestampMs(bytes, at) >= timestampMs) {
                    record.over(bytes, at);
                    while (record.next()) {
                        if (record.offset() >= from && record.timestampMs() >= timestampMs) {
                            return record.offset();
                        }
                    }
                }
                offset = RecordBatch.nextOffset(bytes, at);
            }
        }
        return -1;
    }

    /** Walks all batches of the segment, checked. */
    BatchScanner scanner() throws IOException {
        return new BatchScanner(file(), sizeBytes, endOffset, epochs);
    }

    DiskFile file() throws IOException {
        DiskFile opened = file;
        return opened != null ? opened : openFile();
    }

    private synchronized DiskFile openFile() throws IOException {
        requireOpen();
        DiskFile opened = file;
        if (opened == null) {
            opened = disk.open(path);
            file = opened;
        }
        return opened;
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the segment is closed");
        }
    }

    /** The file first and by itself: who rebuilds the index holds the index and wants the file. */
    @Override
    public void close() throws IOException {
        try (index) {
            closeFile();
        }
    }

    private synchronized void closeFile() throws IOException {
        closed = true;
        DiskFile opened = file;
        if (opened != null) {
            opened.close();
        }
    }
}
