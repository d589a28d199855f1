package dev.restbus.broker.log;

import java.io.Closeable;
import java.io.IOException;

/** An open file of a {@link Disk} that is only written, durably. One thread at a time. */
public interface DurableFile extends Closeable {

    /**
     * Writes the first {@code length} bytes at {@code position}; they are durable on return. After
     * a failure nothing is known about what is there.
     *
     * @param position a multiple of {@link Disk#BLOCK_BYTES}, as is {@code length}
     */
    void write(long position, byte[] bytes, int length) throws IOException;
}
