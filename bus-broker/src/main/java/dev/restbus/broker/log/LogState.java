package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What is known of a log besides its batches, in a small text file that ends with its CRC-32C: the
 * offset where it starts. A log that never had such a file starts at 0. One thread at a time.
 */
final class LogState {

    private static final String HEAD = "v1\n";
    private static final String START = "start ";
    private static final int MAX_FILE_BYTES = 16 << 20;

    private final Disk disk;
    private final Path path;
    private final boolean damaged;

    private volatile long start;

    private LogState(Disk disk, Path path, boolean damaged, long start) {
        this.disk = disk;
        this.path = path;
        this.damaged = damaged;
        this.start = start;
    }

    /**
     * Reads the file of the folder.
     *
     * @param firstBase where the first segment begins: the start if the file is damaged
     */
    static LogState read(Disk disk, Path folder, long firstBase) throws IOException {
        Path path = folder.resolve(LogFiles.STATE);
        if (!disk.exists(path)) {
            return new LogState(disk, path, false, 0);
        }
        String text = LogFiles.readText(disk, path, MAX_FILE_BYTES);
        if (text == null || !text.startsWith(HEAD)) {
            return new LogState(disk, path, true, firstBase);
        }
        long start = 0;
        for (String line : text.split("\n")) {
            if (line.startsWith(START)) {
                start = Long.parseLong(line.substring(START.length()));
            }
        }
        return new LogState(disk, path, false, start);
    }

    /** Whether the file was there and could not be read. */
    boolean isDamaged() {
        return damaged;
    }

    /** The lowest offset that can be read. */
    long start() {
        return start;
    }

    /** Moves the start; durable when this returns. */
    void startAt(long offset) throws IOException {
        write(offset);
        start = offset;
    }

    void save() throws IOException {
        write(start);
    }

    private void write(long startToWrite) throws IOException {
        LogFiles.replaceText(disk, path, HEAD + START + startToWrite + "\n");
    }
}
