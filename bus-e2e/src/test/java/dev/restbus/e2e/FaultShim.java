package dev.restbus.e2e;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * Faults in the calls of another process to its system, by the library {@code fault-shim.c}, which
 * is preloaded and reads from a file that both map what shall fail.
 */
final class FaultShim {

    private static final int SIZE_BYTES = 64;
    private static final int FORCE_ERRORS = 8;
    private static final int SHORT_WRITES = 12;
    private static final int TORN_WRITES = 16;
    private static final int HITS = 20;
    private static final int PATH_PART = 24;
    private static final int PATH_PART_BYTES = 40;

    private final Path file;
    private final ByteBuffer control;

    /**
     * Makes one without faults.
     *
     * @param folder holds the file
     */
    FaultShim(Path folder) throws IOException {
        file = folder.resolve("fault-shim");
        Files.write(file, new byte[SIZE_BYTES]);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            control = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE_BYTES);
        }
        control.order(ByteOrder.nativeOrder());
    }

    /** The environment of the process that shall suffer. */
    Map<String, String> environment() {
        return Map.of(
                "LD_PRELOAD", Machine.library("fault-shim").toString(),
                "FAULT_SHIM_CONTROL", file.toString());
    }

    /** Sets the wall clock so many milliseconds off, whole seconds of them. */
    void setClockOff(long ms) {
        control.putLong(0, ms);
    }

    /** So many forces of the files whose path contains {@code pathPart} fail with EIO. */
    void failForces(String pathPart, int count) {
        fail(FORCE_ERRORS, pathPart, count);
    }

    /** So many writes stop half way and say so. */
    void shortenWrites(String pathPart, int count) {
        fail(SHORT_WRITES, pathPart, count);
    }

    /** So many writes stop half way with EIO. */
    void tearWrites(String pathPart, int count) {
        fail(TORN_WRITES, pathPart, count);
    }

    /** Calls that failed so far. */
    int hits() {
        return control.getInt(HITS);
    }

    private void fail(int what, String pathPart, int count) {
        byte[] text = pathPart.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < PATH_PART_BYTES; i++) {
            control.put(PATH_PART + i, i < text.length ? text[i] : 0);
        }
        control.putInt(what, count);
    }
}
