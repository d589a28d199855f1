package dev.restbus.broker.log;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
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

/**
 * The file system of this machine; only so many of its files are really open at once, and the rest
 * is opened again when it is used. Thread-safe.
 */
public final class FileDisk implements Disk {

    /**
     * Closing any descriptor of a file drops the POSIX locks this process holds on it, so a second
     * attempt in the same process must not even open the file.
     */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    private static final int MAX_OPEN_FILES = 4_096;

    private final Buffers buffers = new Buffers();
    private final OpenFiles openFiles;

    public FileDisk() {
        this(defaultMaxOpenFiles());
    }

    /** Half of the files that this process may open, {@value #MAX_OPEN_FILES} at most. */
    private static int defaultMaxOpenFiles() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof UnixOperatingSystemMXBean system
                ? (int)
                        Math.min(
                                MAX_OPEN_FILES, Math.max(1, system.getMaxFileDescriptorCount() / 2))
                : MAX_OPEN_FILES;
    }

    /**
     * @param maxOpenFiles from 1; files that hold what was not forced may exceed it
     */
    public FileDisk(int maxOpenFiles) {
        this.openFiles = new OpenFiles(maxOpenFiles);
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return open(
                path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    ChannelFile open(Path path, OpenOption... options) throws IOException {
        ChannelFile file = new ChannelFile(path, buffers, openFiles, options);
        openFiles.opened(file);
        return file;
    }

    @Override
    public DurableFile openDurable(Path path) throws IOException {
        return new DirectFile(this, path);
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
        try (ChannelFile file =
                new ChannelFile(folder, buffers, openFiles, StandardOpenOption.READ)) {
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
    static final class Buffers {
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
}
