package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk that keeps a file of zeros in a folder, the reserve, and deletes it once the disk is full:
 * so there is room left for what must go on then, commits of offsets, the journal, deletions and a
 * restart. While the reserve is given up, {@link #isShort()} says that records of producers must be
 * refused; {@link #keepRoom()} takes it again. A step that failed for want of room is repeated
 * once. Thread-safe.
 */
public final class ReservedDisk extends ForwardingDisk {

    static final String FILE = "reserve";

    private static final System.Logger LOG = System.getLogger(ReservedDisk.class.getName());
    private static final long MAX_BYTES = 64L << 20;

    /** On a small disk the reserve is so much less. */
    private static final int SHARE_OF_DISK = 16;

    /** Beyond the reserve so much of it must be free before it is taken again. */
    private static final int SHARE_OF_RESERVE = 8;

    private static final Slice ZEROS = Slice.of(new byte[256 * 1024]);

    /** How large the disk is, in bytes. */
    interface Space {
        long totalBytes() throws IOException;

        long usableBytes() throws IOException;
    }

    private final Disk disk;
    private final Path file;
    private final Space space;
    private boolean held;
    private volatile boolean shortOfRoom;

    ReservedDisk(Disk disk, Path folder, Space space) {
        super(disk);
        this.disk = disk;
        this.file = folder.resolve(FILE);
        this.space = space;
    }

    /** Keeps a reserve on the disk that holds a data folder, which need not be there yet. */
    public static ReservedDisk of(Disk disk, Path folder) {
        Space space =
                new Space() {
                    @Override
                    public long totalBytes() throws IOException {
                        return store().getTotalSpace();
                    }

                    @Override
                    public long usableBytes() throws IOException {
                        return store().getUsableSpace();
                    }

                    private FileStore store() throws IOException {
                        return Files.getFileStore(folder);
                    }
                };
        return new ReservedDisk(disk, folder, space);
    }

    @Override
    public boolean isShort() {
        return shortOfRoom;
    }

    @Override
    public synchronized void keepRoom() {
        if (held) {
            return;
        }
        boolean before = shortOfRoom;
        try {
            held = isTaken();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot take the reserve", e);
            deleteReserve();
        }
        shortOfRoom = !held;
        if (before != shortOfRoom) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    shortOfRoom
                            ? "the disk is full: records are refused until there is room"
                            : "the disk has room again: records are taken");
        }
    }

    /** Its blocks are the disk's promise, also before they are written: nothing is forced. */
    private boolean isTaken() throws IOException {
        long sizeBytes = Math.min(MAX_BYTES, space.totalBytes() / SHARE_OF_DISK);
        long present = disk.exists(file) ? disk.size(file) : 0;
        if (present >= sizeBytes) {
            return true;
        }
        if (space.usableBytes() + present < sizeBytes + sizeBytes / SHARE_OF_RESERVE) {
            return false;
        }
        try (DiskFile reserve = disk.open(file)) {
            long at = present;
            while (at < sizeBytes) {
                int length = (int) Math.min(ZEROS.length(), sizeBytes - at);
                reserve.write(at, List.of(new Slice(ZEROS.bytes(), 0, length)));
                at += length;
            }
        }
        return true;
    }

    private synchronized void giveUp() {
        if (held || !shortOfRoom) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the disk is full: records are refused until there is room");
        }
        shortOfRoom = true;
        if (held) {
            held = false;
            deleteReserve();
        }
    }

    private void deleteReserve() {
        try {
            disk.delete(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot give up the reserve " + file, e);
        }
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws IOException;
    }

    private <T> T withRoom(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (IOException e) {
            if (!Disk.isFull(e)) {
                throw e;
            }
            giveUp();
            return step.run();
        }
    }

    private void doWithRoom(Step<@Nullable Void> step) throws IOException {
        withRoom(step);
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return new ReservedFile(withRoom(() -> disk.open(path)));
    }

    @Override
    public DurableFile openDurable(Path path) throws IOException {
        DurableFile file = withRoom(() -> disk.openDurable(path));
        return new DurableFile() {
            @Override
            public void write(long position, byte[] bytes, int length) throws IOException {
                doWithRoom(
                        () -> {
                            file.write(position, bytes, length);
                            return null;
                        });
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    private final class ReservedFile extends ForwardingFile {

        ReservedFile(DiskFile file) {
            super(file);
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            // Spelled out: every append comes here, and a step would be an object each.
            try {
                super.write(position, data);
            } catch (IOException e) {
                if (!Disk.isFull(e)) {
                    throw e;
                }
                giveUp();
                super.write(position, data);
            }
        }
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        doWithRoom(
                () -> {
                    disk.createFolders(folder);
                    return null;
                });
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        doWithRoom(
                () -> {
                    disk.rename(from, to);
                    return null;
                });
    }
}
