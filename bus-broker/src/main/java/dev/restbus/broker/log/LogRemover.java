package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Removes the folders of deleted logs one after the other, on a thread that lives while there are
 * some: a file system takes tens of milliseconds for each gigabyte, for which nobody is to wait.
 * What is left when it is closed, the next start removes. Thread-safe.
 */
final class LogRemover implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(LogRemover.class.getName());
    private static final long IDLE_MS = 1_000;

    private final Disk disk;
    private final ExecutorService thread =
            new ThreadPoolExecutor(
                    0,
                    1,
                    IDLE_MS,
                    TimeUnit.MILLISECONDS,
                    new LinkedBlockingQueue<>(),
                    this::daemon);

    private volatile boolean closing;

    LogRemover(Disk disk) {
        this.disk = disk;
    }

    private Thread daemon(Runnable task) {
        Thread remover = new Thread(task, "log-remover");
        remover.setDaemon(true);
        return remover;
    }

    /** Removes a folder with its files. */
    void remove(Path folder) throws IOException {
        for (String name : disk.list(folder)) {
            if (closing) {
                return;
            }
            disk.delete(folder.resolve(name));
        }
        disk.delete(folder);
    }

    /** As {@link #remove}, soon. */
    void removeLater(Path folder) {
        thread.execute(
                () -> {
                    try {
                        remove(folder);
                    } catch (IOException | RuntimeException e) {
                        LOG.log(
                                System.Logger.Level.WARNING,
                                folder + " is left to be removed by the next start",
                                e);
                    }
                });
    }

    /** Waits for the file it is at. Idempotent. */
    @Override
    public void close() {
        closing = true;
        thread.shutdown();
        boolean interrupted = false;
        while (!thread.isTerminated()) {
            try {
                thread.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
