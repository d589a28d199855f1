package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** An open file of a {@link Disk}. Reads are thread-safe; one thread at a time writes. */
public interface DiskFile extends Closeable {

    /**
     * Reads from {@code position}.
     *
     * @return how many bytes were read, fewer than {@code length} only at the end of the file
     */
    int read(long position, byte[] into, int at, int length) throws IOException;

    /**
     * Writes all the data at {@code position}. After a failure some of it may be in the file: the
     * caller truncates.
     */
    void write(long position, List<Slice> data) throws IOException;

    /** Makes what was written durable. After a failure nothing is known about what is. */
    void force() throws IOException;

    void truncate(long sizeBytes) throws IOException;

    /** The size of the file in bytes. */
    long size() throws IOException;
}
