package dev.restbus.broker.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The disk as the log sees it: every file access of this package goes through it, so that tests can
 * put a faulty or simulated one in its place. Thread-safe; every call fails with {@link
 * IOException} where the disk does.
 */
public interface Disk {

    /** Where a {@link DurableFile} is written, and how much: in whole blocks of file systems. */
    int BLOCK_BYTES = 4_096;

    /** Opens a file to read and write; it is created, empty, if it is not there. */
    DiskFile open(Path path) throws IOException;

    /** Opens a file to write durably; it is created, empty, if it is not there. */
    default DurableFile openDurable(Path path) throws IOException {
        return new ForcedFile(open(path));
    }

    boolean exists(Path path) throws IOException;

    /** The size of a file in bytes. */
    long size(Path path) throws IOException;

    /** The names of the entries of a folder, sorted; none if the folder is not there. */
    List<String> list(Path folder) throws IOException;

    boolean isFolder(Path path) throws IOException;

    void createFolders(Path folder) throws IOException;

    /** Moves a file or folder within the disk in one step, replacing a file that is there. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file or an empty folder; does nothing if it is not there. */
    void delete(Path path) throws IOException;

    /** Makes the names in a folder (what was created, renamed, deleted) durable. */
    void forceFolder(Path folder) throws IOException;

    /**
     * Takes the exclusive lock of a lock file, for this process and against every other.
     *
     * @return what releases it, or null if it is held
     */
    @Nullable Closeable tryLock(Path lockFile) throws IOException;

    /** Whether the last room is in use: records of producers must be refused. */
    default boolean isShort() {
        return false;
    }

    /**
     * Puts room aside, where there is enough, for what must go on when the disk is full. It may
     * write for a moment.
     */
    default void keepRoom() {}

    /** Whether a failure means that there is no room, so that it can pass. */
    static boolean isFull(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("No space left on device")
                || message.contains("Disk quota exceeded")
                || message.contains("short write");
    }
}
