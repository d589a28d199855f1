package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The file system of this machine. Thread-safe. */
public final class FileDisk implements Disk {

    /**
     * Closing any descriptor of a file drops the POSIX locks this process holds on it, so a second
     * attempt in the same process must not even open the file.
     */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    private final Buffers buffers = new Buffers();

    @Override
    public DiskFile open(Path path) throws IOException {
        return new ChannelFile(
                path,
                buffers,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return Files.size(path);
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .sorted()
                    .collect(Collectors.toList());
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    @Override
    public boolean isFolder(Path path) {
        return Files.isDirectory(path);
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        Files.createDirectories(folder);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        try (ChannelFile file = new ChannelFile(folder, buffers, StandardOpenOption.READ)) {
            file.force(true);
        }
    }

    @Override
    public @Nullable Closeable tryLock(Path lockFile) throws IOException {
        Path key =
                lockFile.toAbsolutePath().getParent().toRealPath().resolve(lockFile.getFileName());
        if (!LOCKED_HERE.add(key)) {
            return null;
        }
        FileChannel channel = null;
        FileLock lock = null;
        try {
            channel =
                    FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = channel.tryLock();
        } finally {
            if (lock == null) {
                release(channel, key);
            }
        }
        FileChannel held = channel;
        return lock == null ? null : () -> release(held, key);
    }

    private static void release(@Nullable FileChannel channel, Path key) throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            LOCKED_HERE.remove(key);
        }
    }

    /**
     * A few direct buffers for all files. Without them NIO keeps, for each thread that ever did
     * I/O, a direct buffer as large as its largest transfer.
     */
    private static final class Buffers {
        private static final int SIZE_BYTES = 256 * 1024;
        private static final int KEPT = 8;

        private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
        private final AtomicInteger kept = new AtomicInteger();

        ByteBuffer take() {
            ByteBuffer buffer = free.poll();
            if (buffer == null) {
                return ByteBuffer.allocateDirect(SIZE_BYTES);
            }
            kept.decrementAndGet();
            return buffer.clear();
        }

        void give(ByteBuffer buffer) {
            if (kept.incrementAndGet() <= KEPT) {
                free.add(buffer);
            } else {
                kept.decrementAndGet();
            }
        }
    }

    /**
     * A file channel that outlives interrupts: the JDK closes a channel when the thread that uses
     * it is interrupted, here it is opened again and the step repeated. Every step is positional
     * and sets its buffer's position itself, so that repeating it does no harm.
     */
    private static final class ChannelFile implements DiskFile {

        /** Writes up to here take the buffer that NIO keeps for the thread. */
        private static final int SMALL_BYTES = 16 * 1024;

        private final Path path;
        private final Buffers buffers;
        private final OpenOption[] present;
        private volatile FileChannel channel;
        private volatile boolean closed;

        ChannelFile(Path path, Buffers buffers, OpenOption... options) throws IOException {
            this.path = path;
            this.buffers = buffers;
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
            uninterrupted(
                    c -> {
                        c.force(withMetadata);
                        return 0;
                    });
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            uninterrupted(c -> c.truncate(sizeBytes).size());
        }

        @Override
        public long size() throws IOException {
            return uninterrupted(FileChannel::size);
        }

        @Override
        public synchronized void close() throws IOException {
            closed = true;
            channel.close();
        }

        @FunctionalInterface
        private interface Step {
            long on(FileChannel channel) throws IOException;
        }

        private long uninterrupted(Step step) throws IOException {
            boolean interrupted = false;
            try {
                while (true) {
                    FileChannel current = channel;
                    try {
                        return step.on(current);
                    } catch (ClosedChannelException e) {
                        interrupted |= Thread.interrupted();
                        reopen(current, e);
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private synchronized void reopen(FileChannel broken, ClosedChannelException cause)
                throws IOException {
            if (closed) {
                throw cause;
            }
            if (channel == broken) {
                // Never created anew: it may have been deleted while it was open.
                channel = FileChannel.open(path, present);
            }
        }
    }
}
