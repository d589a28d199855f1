package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The offset index of a segment that was written as a whole: the entries of {@link OffsetIndex},
 * then a trailer. It is searched in the file; nothing of it stays in memory. Thread-safe.
 *
 * <pre>
 *   entry (8) ... | magic (4) | entries (4) | bytes of the segment (8) | its next offset (8) | CRC-32C (4)
 * </pre>
 */
final class IndexFile implements Closeable {

    static final int TRAILER_BYTES = 28;

    private static final int MAGIC = 0x52424931;
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int BLOCK_ENTRIES = 256;

    private final DiskFile file;
    private final int count;
    private final long segmentBytes;
    private final long nextOffset;

    private IndexFile(DiskFile file, int count, long segmentBytes, long nextOffset) {
        this.file = file;
        this.count = count;
        this.segmentBytes = segmentBytes;
        this.nextOffset = nextOffset;
    }

    static void putTrailer(byte[] bytes, int count, long segmentBytes, long nextOffset) {
        int at = bytes.length - TRAILER_BYTES;
        Bytes.putInt(bytes, at, MAGIC);
        Bytes.putInt(bytes, at + 4, count);
        Bytes.putLong(bytes, at + 8, segmentBytes);
        Bytes.putLong(bytes, at + 16, nextOffset);
        Bytes.putInt(bytes, at + 24, LogFiles.crc(bytes, bytes.length - Integer.BYTES));
    }

    /** Opens and verifies an index; null if the file is missing or damaged. */
    static @Nullable IndexFile open(Disk disk, Path path) throws IOException {
        if (!disk.exists(path)) {
            return null;
        }
        DiskFile file = disk.open(path);
        IndexFile index = null;
        try {
            index = verified(file);
            return index;
        } finally {
            if (index == null) {
                file.close();
            }
        }
    }

    private static @Nullable IndexFile verified(DiskFile file) throws IOException {
        long size = file.size();
        long entryBytes = size - TRAILER_BYTES;
        if (entryBytes < 0 || entryBytes % OffsetIndex.ENTRY_BYTES != 0) {
            return null;
        }
        byte[] trailer = new byte[TRAILER_BYTES];
        boolean whole = file.read(entryBytes, trailer, 0, TRAILER_BYTES) == TRAILER_BYTES;
        int count = Bytes.getInt(trailer, 4);
        if (!whole
                || Bytes.getInt(trailer, 0) != MAGIC
                || count != entryBytes / OffsetIndex.ENTRY_BYTES
                || Bytes.getInt(trailer, 24) != crcOf(file, size - Integer.BYTES)) {
            return null;
        }
        return new IndexFile(file, count, Bytes.getLong(trailer, 8), Bytes.getLong(trailer, 16));
    }

    private static int crcOf(DiskFile file, long length) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[CHUNK_BYTES];
        for (long at = 0; at < length; at += chunk.length) {
            int wanted = (int) Math.min(chunk.length, length - at);
            crc.update(chunk, 0, Math.max(0, file.read(at, chunk, 0, wanted)));
        }
        return (int) crc.getValue();
    }

    int count() {
        return count;
    }

    /** How much of the segment the index speaks of. */
    long segmentBytes() {
        return segmentBytes;
    }

    /** The offset behind what the index speaks of. */
    long nextOffset() {
        return nextOffset;
    }

    /** The last entry at or below the offset; 0, the start of the segment, if there is none. */
    long floor(long relativeOffset) throws IOException {
        int low = 0;
        int high = count;
        while (high - low > BLOCK_ENTRIES) {
            int middle = (low + high) >>> 1;
            if (OffsetIndex.relativeOffset(read(middle, 1)[0]) <= relativeOffset) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return OffsetIndex.floor(read(low, high - low), high - low, relativeOffset);
    }

    /** The entries up to a position, in memory. */
    OffsetIndex load(long upToPosition) throws IOException {
        OffsetIndex index = new OffsetIndex();
        for (int i = 0; i < count; i += BLOCK_ENTRIES) {
            for (long entry : read(i, Math.min(BLOCK_ENTRIES, count - i))) {
                if (OffsetIndex.position(entry) <= upToPosition) {
                    index.add(entry);
                }
            }
        }
        return index;
    }

    private long[] read(int first, int wanted) throws IOException {
        byte[] bytes = new byte[wanted * OffsetIndex.ENTRY_BYTES];
        long at = (long) first * OffsetIndex.ENTRY_BYTES;
        if (file.read(at, bytes, 0, bytes.length) != bytes.length) {
            throw new IOException("the index ended early");
        }
        long[] entries = new long[wanted];
        for (int i = 0; i < wanted; i++) {
            entries[i] = Bytes.getLong(bytes, i * OffsetIndex.ENTRY_BYTES);
        }
        return entries;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
