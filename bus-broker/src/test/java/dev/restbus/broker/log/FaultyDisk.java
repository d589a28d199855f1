package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The real disk with faults of the test's choice, and a list of what was asked of it. */
final class FaultyDisk extends ForwardingDisk {

    /** Every force, truncate and folder force, oldest first. */
    final List<String> calls = new ArrayList<>();

    /** Bytes that still fit on the disk. */
    long freeBytes = Long.MAX_VALUE;

    /** Files whose force fails. */
    Predicate<String> failsToForce = name -> false;

    /** Files that cannot be written, for another reason than space. */
    Predicate<String> failsToWrite = name -> false;

    /** Files whose write meets a fault of the program. */
    Predicate<String> hasABug = name -> false;

    /** Files that cannot be truncated. */
    Predicate<String> failsToTruncate = name -> false;

    boolean hasNoRoomForFiles;

    /** Whether a force is only noted: for tests whose crashes are copies of a folder. */
    private boolean onlyNotesForces;

    FaultyDisk() {
        super(new FileDisk());
    }

    static FaultyDisk thatOnlyNotesForces() {
        FaultyDisk disk = new FaultyDisk();
        disk.onlyNotesForces = true;
        return disk;
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        if (hasNoRoomForFiles && !exists(path)) {
            throw new IOException(path + ": No space left on device");
        }
        return new FaultyFile(path.getFileName().toString(), super.open(path));
    }

    private final class FaultyFile extends ForwardingFile {
        private final String name;

        FaultyFile(String name, DiskFile file) {
            super(file);
            this.name = name;
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            if (hasABug.test(name)) {
                throw new IllegalStateException("a planted bug");
            }
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
            super.write(position, data);
        }

        private void writePart(long position, List<Slice> data, long bytes) throws IOException {
            long left = bytes;
            long at = position;
            for (Slice slice : data) {
                int n = (int) Math.min(left, slice.length());
                super.write(at, List.of(new Slice(slice.bytes(), slice.at(), n)));
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
                super.force();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            calls.add("truncate " + name);
            if (failsToTruncate.test(name)) {
                throw new IOException("Input/output error");
            }
            super.truncate(sizeBytes);
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        if (freeBytes < Long.MAX_VALUE / 2 && exists(path) && !isFolder(path)) {
            freeBytes += size(path);
        }
        super.delete(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        calls.add("force folder");
        if (!onlyNotesForces) {
            super.forceFolder(folder);
        }
    }
}
