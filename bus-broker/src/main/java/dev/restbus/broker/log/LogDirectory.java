package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The data folder of a process and the logs in it. Only one process at a time has it.
 *
 * <pre>
 *   DIR/.lock                                      held while the folder is in use
 *   DIR/format                                     the version of the layout
 *   DIR/write-ahead-0, -1                          what the logs may not have forced
 *   DIR/logs/&lt;topic&gt;-&lt;partition&gt;.&lt;topic id&gt;/     a log each
 *   DIR/reserve                                    given up when the disk is full
 *   DIR/orphans/                                   logs that nobody knew
 * </pre>
 *
 * <p>Thread-safe. A failing disk raises {@link UncheckedIOException}.
 */
public final class LogDirectory implements AutoCloseable {

    static final String LOCK = ".lock";
    static final String FORMAT = "format";
    static final String LOGS = "logs";

    /** Of each of its two files: what a start after a crash reads and writes again, at most. */
    private static final int WRITE_AHEAD_BYTES = 8 << 20;

    private static final String FORMAT_TEXT = "restbus-data 1\n";
    private static final String ORPHANS = "orphans";
    private static final String DELETED_SUFFIX = ".deleted";
    private static final System.Logger LOG = System.getLogger(LogDirectory.class.getName());

    private final Disk disk;
    private final Path root;
    private final Path logs;
    private final Closeable lock;
    private final Map<LogId, FileLog> open = new HashMap<>();
    private final ExecutorService checkpoints;
    private final WriteAheadLog writeAhead;
    private final LogRemover remover;
    private boolean closed;

    private LogDirectory(
            Disk disk,
            Path root,
            Closeable lock,
            int writeAheadBytes,
            ExecutorService checkpoints) {
        this.disk = disk;
        this.root = root;
        this.logs = root.resolve(LOGS);
        this.lock = lock;
        this.checkpoints = checkpoints;
        this.writeAhead = new WriteAheadLog(disk, root, writeAheadBytes, checkpoints);
        this.remover = new LogRemover(disk);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "log-checkpoints");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Takes a data folder, which is created if it is not there.
     *
     * @throws IllegalStateException if another process has it, or if it has another layout; the
     *     message names the folder and is meant for a person
     */
    public static LogDirectory open(Path root, Disk disk) {
        return open(
                root,
                disk,
                WRITE_AHEAD_BYTES,
                Executors.newSingleThreadExecutor(LogDirectory::daemon));
    }

    /**
     * As {@link #open(Path, Disk)}.
     *
     * @param writeAheadBytes of each of the two files of the write-ahead log
     * @param checkpoints forces logs in the background; ends with the directory
     */
    static LogDirectory open(
            Path root, Disk disk, int writeAheadBytes, ExecutorService checkpoints) {
        try {
            disk.createFolders(root);
            Closeable lock = disk.tryLock(root.resolve(LOCK));
            if (lock == null) {
                throw new IllegalStateException(
                        "the data folder " + root + " is in use by another process");
            }
            LogDirectory directory =
                    new LogDirectory(disk, root, lock, writeAheadBytes, checkpoints);
            boolean ready = false;
            try {
                directory.prepare();
                ready = true;
                return directory;
            } finally {
                if (!ready) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open the data folder " + root, e);
        }
    }

    /**
     * What is wrong with the {@code format} file of a data folder; null if it is as it should be.
     */
    static @Nullable String formatFault(Disk disk, Path root) throws IOException {
        byte[] found = LogFiles.readSmall(disk, root.resolve(FORMAT), 1024);
        if (found == null) {
            return "it has no format file";
        }
        String text = new String(found, StandardCharsets.ISO_8859_1);
        return text.equals(FORMAT_TEXT)
                ? null
                : "its format is '" + text.strip() + "', not '" + FORMAT_TEXT.strip() + "'";
    }

    private void prepare() throws IOException {
        if (!disk.exists(root.resolve(FORMAT))) {
            LogFiles.replace(disk, root.resolve(FORMAT), List.of(Slice.utf8(FORMAT_TEXT)));
        }
        String fault = formatFault(disk, root);
        if (fault != null) {
            throw new IllegalStateException("cannot use the data folder " + root + ": " + fault);
        }
        disk.createFolders(logs);
        disk.createFolders(root.resolve(ORPHANS));
        disk.forceFolder(root);
        for (String name : disk.list(logs)) {
            if (name.endsWith(DELETED_SUFFIX)) {
                remover.remove(logs.resolve(name));
            }
        }
        WriteAheadRestore.run(disk, root, logs, this::present);
        disk.keepRoom();
    }

    /** Whether the disk has room for nothing but what must go on; never blocks. */
    public boolean isShortOfRoom() {
        return disk.isShort();
    }

    /** As {@link Disk#keepRoom()}; to be called now and then. */
    public void keepRoom() {
        disk.keepRoom();
    }

    /** The write-ahead log of this folder, which ends with it. */
    WriteAheadLog writeAhead() {
        return writeAhead;
    }

    /**
     * Opens a log, after recovery, or creates it.
     *
     * @throws IllegalStateException if it is open already
     * @throws dev.restbus.api.BusException 507 {@code disk-full}, 503 {@code replica-fenced} if the
     *     disk fails; it can be tried again
     */
    public synchronized FileLog open(LogId id, LogSettings settings) {
        requireOpen();
        FileLog known = open.get(id);
        if (known != null && !known.isClosed()) {
            throw new IllegalStateException("the log of " + id + " is open already");
        }
        FileLog log;
        try {
            log = FileLog.open(disk, logs.resolve(id.folderName()), id, settings);
        } catch (UncheckedIOException e) {
            throw LogFence.notOpened(id, e.getCause());
        }
        open.put(id, log);
        return log;
    }

    /** The logs in the folder, open or not. */
    public synchronized List<LogId> present() {
        requireOpen();
        return checked(
                () -> {
                    List<LogId> found = new ArrayList<>();
                    for (String name : disk.list(logs)) {
                        LogId id = identify(name);
                        if (id != null) {
                            found.add(id);
                        }
                    }
                    return found;
                });
    }

    private @Nullable LogId identify(String name) throws IOException {
        Path folder = logs.resolve(name);
        if (!disk.isFolder(folder) || name.endsWith(DELETED_SUFFIX)) {
            return null;
        }
        LogId id = LogFiles.readIdentity(disk, folder);
        if (id == null) {
            id = LogId.ofFolderName(name);
        }
        if (id == null || !id.folderName().equals(name)) {
            LOG.log(System.Logger.Level.WARNING, "{0} is not a log folder", folder);
            return null;
        }
        return id;
    }

    /**
     * Closes the logs that are open and removes all of them for good; one that is not there is
     * passed over. They are not found again from now on; their files go in the background, and
     * nothing of them is forced before.
     */
    public synchronized void delete(List<LogId> ids) {
        requireOpen();
        List<Path> renamed = new ArrayList<>();
        for (LogId id : ids) {
            FileLog log = open.remove(id);
            if (log != null) {
                log.discard();
            }
            Path deleted = logs.resolve(id.folderName() + DELETED_SUFFIX);
            if (checked(() -> renames(id, deleted))) {
                renamed.add(deleted);
            }
        }
        if (!renamed.isEmpty()) {
            checked(this::forceNames);
        }
        renamed.forEach(remover::removeLater);
    }

    /**
     * Closes a log, if there is one, and moves it to {@code orphans/}, where nothing touches it.
     */
    public synchronized void moveToOrphans(LogId id) {
        requireOpen();
        FileLog log = open.remove(id);
        if (log != null) {
            log.close();
        }
        Path orphans = root.resolve(ORPHANS);
        checked(
                () -> {
                    if (renames(id, orphans.resolve(id.folderName()))) {
                        forceNames();
                    }
                    disk.forceFolder(orphans);
                    return orphans;
                });
    }

    /** Whether there was such a log. */
    private boolean renames(LogId id, Path to) throws IOException {
        Path folder = logs.resolve(id.folderName());
        boolean exists = disk.exists(folder);
        if (exists) {
            disk.rename(folder, to);
        }
        return exists;
    }

    private Path forceNames() throws IOException {
        disk.forceFolder(logs);
        return logs;
    }

    /** Closes every log that is open and gives the folder back. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        RuntimeException failure = null;
        for (FileLog log : open.values()) {
            try {
                log.close();
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        open.clear();
        remover.close();
        checkpoints.shutdown();
        checked(
                () -> {
                    awaitCheckpoints();
                    writeAhead.close();
                    lock.close();
                    return root;
                });
        if (failure != null) {
            throw failure;
        }
    }

    /** They find closed logs, so this is a matter of moments. */
    private void awaitCheckpoints() {
        boolean interrupted = false;
        while (!checkpoints.isTerminated()) {
            try {
                checkpoints.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the data folder " + root + " was given back");
        }
    }

    @FunctionalInterface
    private interface DiskCall<T> {
        T run() throws IOException;
    }

    private <T> T checked(DiskCall<T> call) {
        try {
            return call.run();
        } catch (IOException e) {
            throw new UncheckedIOException("the data folder " + root + " failed", e);
        }
    }
}
