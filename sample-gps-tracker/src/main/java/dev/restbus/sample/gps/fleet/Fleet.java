package dev.restbus.sample.gps.fleet;

import dev.restbus.client.BusClientException;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixSender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * The cabs and the one thread that drives them: a tick takes the reports that are due and sends
 * them in one request. Safe for any number of threads.
 */
public class Fleet implements SmartLifecycle {

    public static final int MAX_CABS = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);
    private static final Duration ROUND = Duration.ofSeconds(10);
    private static final long TICK_MS = 100;
    private static final int MAX_WAITING = 20_000;
    private static final int MAX_RECORDS_A_REQUEST = 500;
    private static final double MAX_DRIVE_SECONDS = 60;

    private final FixSender sender;
    private final Roads roads;

    /** Names the run of this process, so that its numbering is not taken for an earlier one's. */
    private final String trip = "fleet-" + System.currentTimeMillis();

    private volatile int wanted;
    private volatile State state = new State(0, 0, 0, 0);
    private volatile @Nullable ScheduledExecutorService driver;

    // The rest is for the driver's thread.

    private final ReportRounds rounds = new ReportRounds(ROUND, System::nanoTime);
    private final Outbox outbox = new Outbox(MAX_WAITING);

    /** All cabs there ever were: one that is sent home and called again goes on counting. */
    private final List<Cab> cabs = new ArrayList<>();

    private final List<Long> lastNanos = new ArrayList<>();
    private int driving;
    private boolean reachable = true;

    Fleet(FixSender sender, Roads roads, int cabs) {
        this.sender = sender;
        this.roads = roads;
        this.wanted = cabs;
    }

    /**
     * Changes the size of the fleet.
     *
     * @throws IllegalArgumentException if it is not from 0 to {@value #MAX_CABS}
     */
    public void resize(int newCabs) {
        if (newCabs < 0 || newCabs > MAX_CABS) {
            throw new IllegalArgumentException("cabs is from 0 to " + MAX_CABS);
        }
        wanted = newCabs;
    }

    public State state() {
        return state;
    }

    @Override
    public synchronized void start() {
        if (driver == null) {
            ScheduledExecutorService made =
                    Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "fleet"));
            made.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
            driver = made;
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = driver;
        if (running != null) {
            running.shutdownNow();
            driver = null;
        }
    }

    @Override
    public boolean isRunning() {
        return driver != null;
    }

    private void tick() {
        try {
            resizeIfWanted();
            report();
            deliver();
        } catch (RuntimeException e) {
            LOG.error("the fleet met an unexpected failure", e);
        }
        state = new State(wanted, outbox.size(), outbox.dropped(), rounds.skipped());
    }

    private void resizeIfWanted() {
        int size = wanted;
        if (size == driving) {
            return;
        }
        for (int i = cabs.size(); i < size; i++) {
            String name = String.format("cab-%04d", i + 1);
            cabs.add(new Cab(name, trip, roads, new SplittableRandom(i)));
            lastNanos.add(0L);
        }
        long now = System.nanoTime();
        for (int i = driving; i < size; i++) {
            lastNanos.set(i, now);
        }
        rounds.resize(size);
        driving = size;
    }

    private void report() {
        long now = System.nanoTime();
        for (int due = rounds.takeDue(); due > 0; due--) {
            int i = rounds.nextCab();
            double seconds = Math.min((now - lastNanos.get(i)) / 1e9, MAX_DRIVE_SECONDS);
            lastNanos.set(i, now);
            outbox.add(cabs.get(i).drive(seconds, System.currentTimeMillis()));
        }
    }

    /** Stops at the first failure; the next tick tries again. */
    private void deliver() {
        try {
            while (outbox.size() > 0 && !Thread.currentThread().isInterrupted()) {
                List<Fix> oldest = outbox.oldest(MAX_RECORDS_A_REQUEST);
                outbox.settle(sender.send(oldest));
            }
            reachable = true;
        } catch (BusClientException e) {
            if (reachable) {
                LOG.info("the fleet keeps its fixes for now: {}", e.getMessage());
            }
            reachable = false;
        }
    }

    /**
     * How the fleet does.
     *
     * @param cabs that drive
     * @param waiting fixes that the bus has not confirmed yet
     * @param dropped fixes that waited until there was no more room
     * @param skipped reports that were left out because the fleet itself was held up
     */
    public record State(int cabs, int waiting, long dropped, long skipped) {}
}
