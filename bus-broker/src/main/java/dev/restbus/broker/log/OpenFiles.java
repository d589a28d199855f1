package dev.restbus.broker.log;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Bounds how many files are open at once: over the bound, those that were not used since they were
 * looked at last are parked, that is, closed until they are used again (the clock algorithm). A
 * file that holds what was not forced is never parked, as the error of writing it back might not be
 * told to who opens it anew; such files, and those in use, may exceed the bound. Thread-safe.
 */
final class OpenFiles {

    /** A file that can be opened again. */
    interface Parkable {

        /** Whether it was used since the last call. */
        boolean wasUsed();

        /** Closed for good. */
        boolean isClosed();

        /**
         * Closes it until it is used again; then {@link OpenFiles#opened} is called anew.
         *
         * @return false if it is being written or forced, or holds what was not forced
         */
        boolean park() throws IOException;
    }

    private static final System.Logger LOG = System.getLogger(OpenFiles.class.getName());

    private final int max;
    private final Queue<Parkable> open = new ArrayDeque<>();

    /** How many in the queue are closed for good. */
    private int closedOnes;

    OpenFiles(int max) {
        this.max = max;
    }

    /** Counts a file; call it without a lock of the file. */
    synchronized void opened(Parkable file) {
        open.add(file);
        for (int looks = 2 * open.size(); looks > 0 && open.size() > max; looks--) {
            Parkable next = open.remove();
            boolean kept = next == file || !next.isClosed() && (next.wasUsed() || !isParked(next));
            if (kept) {
                open.add(next);
            }
        }
    }

    /** A file was closed for good. */
    synchronized void closed() {
        // Looking for one file in the queue costs more than keeping some that are closed for a
        // while.
        if (++closedOnes > open.size() / 2) {
            open.removeIf(Parkable::isClosed);
            closedOnes = 0;
        }
    }

    private static boolean isParked(Parkable file) {
        try {
            return file.park();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot close a file that is not used", e);
            return true;
        }
    }
}
