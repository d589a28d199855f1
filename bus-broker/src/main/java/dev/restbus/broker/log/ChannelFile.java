package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A file channel that outlives interrupts and parking: the JDK closes a channel when the thread
 * that uses it is interrupted, here it is opened again and the step repeated. Every step is
 * positional and sets its buffer's position itself, so that repeating it does no harm.
 */
final class ChannelFile implements DiskFile, OpenFiles.Parkable {

    /** Writes up to here take the buffer that NIO keeps for the thread. */
    private static final int SMALL_BYTES = 16 * 1024;

    private final Path path;
    private final FileDisk.Buffers buffers;
    private final OpenOption[] present;
    private final OpenFiles openFiles;
    private volatile FileChannel channel;
    private volatile boolean closed;

    /** Since somebody looked; not exact. */
    private boolean used;

    private volatile boolean dirty;

    /** Threads that write or force; -1 while it is being parked. */
    private final AtomicInteger changing = new AtomicInteger();

    ChannelFile(Path path, FileDisk.Buffers buffers, OpenFiles openFiles, OpenOption... options)
            throws IOException {
        this.path = path;
        this.buffers = buffers;
        this.openFiles = openFiles;
        this.present =
                Stream.of(options)
                        .filter(option -> option != StandardOpenOption.CREATE)
                        .toArray(OpenOption[]::new);
        this.channel = FileChannel.open(path, options);
    }

    @Override
    public int read(long position, byte[] into, int at, int length) throws IOException {
        ByteBuffer buffer = buffers.take();
        try {
            int done = 0;
            while (done < length) {
                int wanted = Math.min(buffer.capacity(), length - done);
                long from = position + done;
                int n = (int) uninterrupted(c -> c.read(buffer.clear().limit(wanted), from));
                if (n <= 0) {
                    break;
                }
                buffer.flip().get(into, at + done, n);
                done += n;
            }
            return done;
        } finally {
            buffers.give(buffer);
        }
    }

    @Override
    public void write(long position, List<Slice> data) throws IOException {
        beginChange();
        try {
            dirty = true;
            writeSlices(position, data);
        } finally {
            changing.decrementAndGet();
        }
    }

    /** Writes to a file that was opened so that this is durable: it needs no force. */
    void writeThrough(long position, ByteBuffer data) throws IOException {
        beginChange();
        try {
            writeAll(data, position);
        } finally {
            changing.decrementAndGet();
        }
    }

    private void beginChange() {
        int now = changing.get();
        while (now < 0 || !changing.compareAndSet(now, now + 1)) {
            Thread.onSpinWait();
            now = changing.get();
        }
    }

    private void writeSlices(long position, List<Slice> data) throws IOException {
        if (data.size() == 1 && data.get(0).length() <= SMALL_BYTES) {
            Slice slice = data.get(0);
            writeAll(ByteBuffer.wrap(slice.bytes(), slice.at(), slice.length()), position);
            return;
        }
        ByteBuffer buffer = buffers.take();
        try {
            long next = position;
            for (Slice slice : data) {
                int at = 0;
                while (at < slice.length()) {
                    if (!buffer.hasRemaining()) {
                        next = drain(buffer, next);
                    }
                    int n = Math.min(buffer.remaining(), slice.length() - at);
                    buffer.put(slice.bytes(), slice.at() + at, n);
                    at += n;
                }
            }
            drain(buffer, next);
        } finally {
            buffers.give(buffer);
        }
    }

    private long drain(ByteBuffer buffer, long position) throws IOException {
        buffer.flip();
        long next = writeAll(buffer, position);
        buffer.clear();
        return next;
    }

    private long writeAll(ByteBuffer buffer, long position) throws IOException {
        long next = position;
        while (buffer.hasRemaining()) {
            long to = next;
            int from = buffer.position();
            long n = uninterrupted(c -> c.write(buffer.position(from), to));
            if (n == 0) {
                throw new IOException("short write to " + path);
            }
            next += n;
        }
        return next;
    }

    @Override
    public void force() throws IOException {
        force(false);
    }

    void force(boolean withMetadata) throws IOException {
        boolean forced = false;
        beginChange();
        dirty = false;
        try {
            uninterrupted(
                    c -> {
                        c.force(withMetadata);
                        return 0;
                    });
            forced = true;
        } finally {
            dirty |= !forced;
            changing.decrementAndGet();
        }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
        beginChange();
        try {
            dirty |= size() > sizeBytes;
            uninterrupted(c -> c.truncate(sizeBytes).size());
        } finally {
            changing.decrementAndGet();
        }
    }

    @Override
    public long size() throws IOException {
        return uninterrupted(FileChannel::size);
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            channel.close();
        }
        openFiles.closed();
    }

    @Override
    public boolean wasUsed() {
        boolean before = used;
        used = false;
        return before;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean park() throws IOException {
        if (dirty || !changing.compareAndSet(0, -1)) {
            return false;
        }
        boolean parked = !dirty;
        try {
            if (parked) {
                closeChannel();
            }
        } finally {
            changing.set(0);
        }
        return parked;
    }

    private synchronized void closeChannel() throws IOException {
        channel.close();
    }

    @FunctionalInterface
    private interface Step {
        long on(FileChannel channel) throws IOException;
    }

    private long uninterrupted(Step step) throws IOException {
        boolean interrupted = false;
        if (!used) {
            used = true;
        }
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    return step.on(current);
                } catch (ClosedChannelException e) {
                    boolean wasInterrupt = Thread.interrupted();
                    interrupted |= wasInterrupt;
                    if (reopen(current, e) && !wasInterrupt) {
                        openFiles.opened(this);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns false if another thread was faster. */
    private synchronized boolean reopen(FileChannel broken, ClosedChannelException cause)
            throws IOException {
        if (closed) {
            throw cause;
        }
        if (channel == broken) {
            // Never created anew: it may have been deleted while it was open.
            channel = FileChannel.open(path, present);
            return true;
        }
        return false;
    }
}
