package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The offset below which everything was known to be forced, kept durably: what is damaged below it
 * was lost by the disk, what does not check above it was cut off by a crash. Two slots, each at the
 * start of a block of its own, are written in turn, so that a write that is cut off leaves the
 * other; each is small enough to be within one sector, which a disk writes wholly or not at all.
 * One thread at a time.
 *
 * <pre>
 *   slot: number of the write (8) | offset (8) | CRC-32C (4) | zeros to the end of the block
 * </pre>
 */
final class RecoveryPoint implements Closeable {

    private static final int BLOCK_BYTES = 4096;
    private static final int SLOTS = 2;
    private static final int OFFSET_AT = 8;
    private static final int CRC_AT = 16;
    private static final int SLOT_BYTES = 20;

    private final DiskFile file;

    private long writes;
    private long offset;
    private int soundSlots;

    private RecoveryPoint(DiskFile file) {
        this.file = file;
    }

    /** Opens the file of the folder, or creates an empty one. */
    static RecoveryPoint open(Disk disk, Path folder) throws IOException {
        DiskFile file = disk.open(folder.resolve(LogFiles.RECOVERY_POINT));
        RecoveryPoint point = new RecoveryPoint(file);
        try {
            point.read();
            return point;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** The offset; 0 if {@link #isKnown()} is false. */
    long offset() {
        return offset;
    }

    /** Whether at least one slot is sound. */
    boolean isKnown() {
        return soundSlots > 0;
    }

    /** Whether every slot is sound. */
    boolean isSound() {
        return soundSlots == SLOTS;
    }

    /** Writes and forces a new recovery point. */
    void write(long newOffset) throws IOException {
        write(newOffset, SLOT_BYTES);
    }

    /** Writes both blocks whole, a damaged one first, so that nothing is left damaged. */
    void writeAll(long newOffset) throws IOException {
        for (int i = 0; i < SLOTS; i++) {
            write(newOffset, BLOCK_BYTES);
        }
        soundSlots = SLOTS;
    }

    private void write(long newOffset, int length) throws IOException {
        byte[] block = new byte[length];
        long number = writes + 1;
        Bytes.putLong(block, 0, number);
        Bytes.putLong(block, OFFSET_AT, newOffset);
        Bytes.putInt(block, CRC_AT, LogFiles.crc(block, CRC_AT));
        file.write(number % SLOTS * BLOCK_BYTES, List.of(new Slice(block, 0, length)));
        file.force();
        writes = number;
        offset = newOffset;
    }

    private void read() throws IOException {
        byte[] found = new byte[BLOCK_BYTES];
        for (int i = 0; i < SLOTS; i++) {
            int length = file.read((long) i * BLOCK_BYTES, found, 0, BLOCK_BYTES);
            if (isSound(found, length)) {
                soundSlots++;
                if (Bytes.getLong(found, 0) > writes) {
                    writes = Bytes.getLong(found, 0);
                    offset = Bytes.getLong(found, OFFSET_AT);
                }
            }
        }
    }

    private static boolean isSound(byte[] block, int length) {
        if (length < SLOT_BYTES || Bytes.getInt(block, CRC_AT) != LogFiles.crc(block, CRC_AT)) {
            return false;
        }
        for (int i = SLOT_BYTES; i < length; i++) {
            if (block[i] != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
