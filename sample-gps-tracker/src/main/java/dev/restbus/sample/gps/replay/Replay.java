package dev.restbus.sample.gps.replay;

import dev.restbus.client.BusClientException;
import dev.restbus.sample.gps.fix.Fix;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/**
 * Sends the tracks of a file as fixes, one file at a time: a file is at most 16 MiB, so that what
 * is held in memory is bounded. Safe for any number of threads.
 */
@Component
class Replay implements DisposableBean {

    static final int MAX_FILE_BYTES = 16 << 20;
    static final double MAX_SPEED = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private static final int MAX_FIXES_A_REQUEST = 500;
    private static final long LONGEST_PAUSE_MS = 100;

    private final StampedSender sender;

    /** Held from the first byte of a file until its last fix is sent. */
    private final Semaphore oneAtATime = new Semaphore(1);

    private volatile Progress progress = Progress.NONE;
    private volatile boolean cancelled;

    Replay(StampedSender sender) {
        this.sender = sender;
    }

    /**
     * Checks the whole file, then sends it.
     *
     * @param speed recorded seconds a second; then this returns after the check, and the sending
     *     goes on by itself. Null for all at once; then this returns when all is stored
     * @throws BadLineException if a line is not a point; nothing was sent
     * @throws ReplayException if the file is too large, another one runs, or the bus fails
     */
    Progress run(InputStream file, @Nullable Double speed) throws IOException {
        if (!oneAtATime.tryAcquire()) {
            throw new ReplayException(ReplayException.Kind.BUSY, "another import runs", null);
        }
        boolean goesOn = false;
        try {
            List<TrackPoint> points = TrackFile.read(bounded(file));
            String trip = "import-" + System.currentTimeMillis();
            TrackMerge fixes = new TrackMerge(points, trip);
            cancelled = false;
            progress = new Progress(fixes.vehicles(), points.size(), 0, true, null);
            if (speed == null || points.isEmpty()) {
                send(fixes, null);
            } else {
                Thread replay = new Thread(() -> sendAtPace(fixes, speed), "replay");
                replay.setDaemon(true);
                replay.start();
                goesOn = true;
            }
            return progress;
        } finally {
            if (!goesOn) {
                oneAtATime.release();
            }
        }
    }

    /** The last import. */
    Progress progress() {
        return progress;
    }

    /** Ends an import that is under way after the request in hand. */
    void cancel() {
        cancelled = true;
    }

    @Override
    public void destroy() {
        cancel();
    }

    private static byte[] bounded(InputStream file) throws IOException {
        byte[] bytes = file.readNBytes(MAX_FILE_BYTES + 1);
        if (bytes.length > MAX_FILE_BYTES) {
            throw new ReplayException(
                    ReplayException.Kind.TOO_LARGE,
                    "a file is at most " + MAX_FILE_BYTES + " bytes; cut it by vehicles",
                    null);
        }
        return bytes;
    }

    private void sendAtPace(TrackMerge fixes, double speed) {
        try {
            send(fixes, speed);
        } catch (RuntimeException e) {
            LOG.info("a replay ended early: {}", e.getMessage());
        } finally {
            oneAtATime.release();
        }
    }

    private void send(TrackMerge fixes, @Nullable Double speed) {
        try {
            Fix next = fixes.hasNext() ? fixes.next() : null;
            ReplayPace pace =
                    speed == null || next == null
                            ? null
                            : new ReplayPace(next.at(), speed, System::nanoTime);
            while (next != null && !cancelled) {
                List<Fix> batch = new ArrayList<>();
                while (next != null && batch.size() < MAX_FIXES_A_REQUEST && isDue(next, pace)) {
                    batch.add(next.sent(System.currentTimeMillis()));
                    next = fixes.hasNext() ? fixes.next() : null;
                }
                if (batch.isEmpty()) {
                    pauseUntil(next, pace);
                } else {
                    sender.send(batch);
                    progress = progress.plus(batch.size());
                }
            }
            if (next != null) {
                progress = progress.ended("cancelled");
                throw new ReplayException(
                        ReplayException.Kind.CANCELLED,
                        "cancelled after " + progress.sent() + " fixes",
                        null);
            }
            progress = progress.ended(null);
        } catch (BusClientException e) {
            progress = progress.ended(e.getMessage());
            throw new ReplayException(
                    ReplayException.Kind.BUS,
                    "the bus failed after " + progress.sent() + " fixes: " + e.getMessage(),
                    e);
        }
    }

    private static boolean isDue(Fix fix, @Nullable ReplayPace pace) {
        return pace == null || pace.waitMs(fix.at()) == 0;
    }

    private void pauseUntil(@Nullable Fix next, @Nullable ReplayPace pace) {
        if (next == null || pace == null) {
            return;
        }
        try {
            Thread.sleep(Math.min(pace.waitMs(next.at()), LONGEST_PAUSE_MS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancelled = true;
        }
    }

    /**
     * How far an import is.
     *
     * @param points of the file
     * @param sent fixes that the bus confirmed
     * @param failure why it ended early, or null
     */
    record Progress(
            int vehicles, int points, long sent, boolean running, @Nullable String failure) {

        static final Progress NONE = new Progress(0, 0, 0, false, null);

        private Progress plus(int more) {
            return new Progress(vehicles, points, sent + more, true, null);
        }

        private Progress ended(@Nullable String reason) {
            return new Progress(vehicles, points, sent, false, reason);
        }
    }
}
