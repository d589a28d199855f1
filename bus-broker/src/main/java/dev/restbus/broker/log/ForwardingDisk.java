package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another disk, with something of its own in its way: each call goes on to that disk unless it is
 * overridden. As thread-safe as that disk.
 */
public abstract class ForwardingDisk implements Disk {

    private final Disk disk;

    /** Forwards to {@code disk}. */
    protected ForwardingDisk(Disk disk) {
        this.disk = disk;
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return disk.open(path);
    }

    @Override
    public boolean exists(Path path) throws IOException {
        return disk.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return disk.size(path);
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        return disk.list(folder);
    }

    @Override
    public boolean isFolder(Path path) throws IOException {
        return disk.isFolder(path);
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        disk.createFolders(folder);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.delete(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        disk.forceFolder(folder);
    }

    @Override
    public @Nullable Closeable tryLock(Path lockFile) throws IOException {
        return disk.tryLock(lockFile);
    }

    /** A file of such a disk, in the same manner. As thread-safe as the file it forwards to. */
    public abstract static class ForwardingFile implements DiskFile {

        private final DiskFile file;

        /** Forwards to {@code file}. */
        protected ForwardingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(long position, byte[] into, int at, int length) throws IOException {
            return file.read(position, into, at, length);
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            file.write(position, data);
        }

        @Override
        public void force() throws IOException {
            file.force();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            file.truncate(sizeBytes);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
