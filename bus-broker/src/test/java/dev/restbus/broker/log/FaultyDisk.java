package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The real disk with faults of the test's choice, and a list of what was asked of it. */
final class FaultyDisk implements Disk {

    private final Disk real = new FileDisk();

    /** Every force, truncate and folder force, oldest first. */
    final List<String> calls = new ArrayList<>();

    /** Bytes that still fit on the disk. */
    long freeBytes = Long.MAX_VALUE;

    /** Files whose force fails. */
    Predicate<String> failsToForce = name -> false;

    /** Files that cannot be written, for another reason than space. */
    Predicate<String> failsToWrite = name -> false;

    /** Files that cannot be truncated. */
    Predicate<String> failsToTruncate = name -> false;

    boolean hasNoRoomForFiles;

    /** Whether a force is only noted: for tests whose crashes are copies of a folder. */
    private boolean onlyNotesForces;

    static FaultyDisk thatOnlyNotesForces() {
        FaultyDisk disk = new FaultyDisk();
        disk.onlyNotesForces = true;
        return disk;
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        if (hasNoRoomForFiles && !real.exists(path)) {
            throw new IOException(path + ": No space left on device");
        }
        return new FaultyFile(path.getFileName().toString(), real.open(path));
    }

    private final class FaultyFile implements DiskFile {
        private final String name;
        private final DiskFile file;

        FaultyFile(String name, DiskFile file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public int read(long position, byte[] into, int at, int length) throws IOException {
            return file.read(position, into, at, length);
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            if (failsToWrite.test(name)) {
                writePart(position, data, 10);
                throw new IOException("Input/output error");
            }
            long wanted = data.stream().mapToLong(Slice::length).sum();
            if (wanted > freeBytes) {
                writePart(position, data, freeBytes);
                throw new IOException("No space left on device");
            }
            freeBytes -= wanted;
            file.write(position, data);
        }

        private void writePart(long position, List<Slice> data, long bytes) throws IOException {
            long left = bytes;
            long at = position;
            for (Slice slice : data) {
                int n = (int) Math.min(left, slice.length());
                file.write(at, List.of(new Slice(slice.bytes(), slice.at(), n)));
                at += n;
                left -= n;
            }
        }

        @Override
        public void force() throws IOException {
            calls.add("force " + name);
            if (failsToForce.test(name)) {
                throw new IOException("Input/output error");
            }
            if (!onlyNotesForces) {
                file.force();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            calls.add("truncate " + name);
            if (failsToTruncate.test(name)) {
                throw new IOException("Input/output error");
            }
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

    @Override
    public boolean exists(Path path) throws IOException {
        return real.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return real.size(path);
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        return real.list(folder);
    }

    @Override
    public boolean isFolder(Path path) throws IOException {
        return real.isFolder(path);
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        real.createFolders(folder);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        real.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        if (freeBytes < Long.MAX_VALUE / 2 && real.exists(path) && !real.isFolder(path)) {
            freeBytes += real.size(path);
        }
        real.delete(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        calls.add("force folder");
        if (!onlyNotesForces) {
            real.forceFolder(folder);
        }
    }

    @Override
    public @Nullable Closeable tryLock(Path lockFile) throws IOException {
        return real.tryLock(lockFile);
    }
}
