package dev.restbus.sample.gps.dashboard;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusClientException;
import dev.restbus.client.BusRecord;
import dev.restbus.client.ConsumerOptions;
import dev.restbus.client.listener.BusListenerContainer;
import dev.restbus.client.listener.ListenerOptions;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixTopic;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Reads the fixes as a group of its own, no faster than its rate, and puts them on the map. At
 * start it first recalls from the log what an earlier run has shown. Safe for any number of
 * threads.
 */
class Dashboard implements SmartLifecycle {

    static final String GROUP = "gps-dashboard";
    static final double MAX_RATE = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Dashboard.class);

    /** Short, so that after a crash the next run need not wait long for the partitions. */
    private static final Duration SESSION = Duration.ofSeconds(10);

    private static final long PAUSE_MS = 500;

    private final BusClient bus;
    private final FixTopic topic;
    private final CabMap map;
    private final Recall recall;
    private final boolean autoStartup;
    private final ConsumerOptions member =
            ConsumerOptions.of(GROUP, FixTopic.NAME).withSessionTimeout(SESSION);

    // Guarded by this.

    private @Nullable Double ratePerSecond;
    private @Nullable Thread starter;
    private @Nullable BusListenerContainer container;

    Dashboard(BusClient bus, FixTopic topic, CabMap map, Start start) {
        this.bus = bus;
        this.topic = topic;
        this.map = map;
        this.recall = new Recall(bus, map);
        this.ratePerSecond = start.ratePerSecond();
        this.autoStartup = start.withTheApplication();
    }

    /** Fixes a second, or null for as fast as it can. */
    synchronized @Nullable Double ratePerSecond() {
        return ratePerSecond;
    }

    /**
     * Goes on at another rate; what was shown stays committed and nothing is shown twice.
     *
     * @throws IllegalArgumentException if it is not above 0 and at most {@value #MAX_RATE}
     */
    synchronized void changeRate(@Nullable Double newRate) {
        if (newRate != null && !(newRate > 0 && newRate <= MAX_RATE)) {
            throw new IllegalArgumentException(
                    "ratePerSecond is above 0 and at most 10000, or null for no limit");
        }
        ratePerSecond = newRate;
        if (container != null) {
            container.stop();
            listen();
        }
    }

    @Override
    public synchronized void start() {
        if (starter == null) {
            starter = new Thread(this::begin, "dashboard-start");
            starter.setDaemon(true);
            starter.start();
        }
    }

    @Override
    public synchronized void stop() {
        if (starter != null) {
            starter.interrupt();
            starter = null;
        }
        if (container != null) {
            container.stop();
            container = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return starter != null;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStartup;
    }

    /** Waits for the bus as long as it takes. */
    private void begin() {
        try {
            while (!isReady()) {
                Thread.sleep(PAUSE_MS);
            }
        } catch (InterruptedException e) {
            return;
        }
        synchronized (this) {
            if (starter == Thread.currentThread()) {
                listen();
            }
        }
    }

    private boolean isReady() {
        try {
            topic.ensure();
            recall.run();
            return true;
        } catch (BusClientException e) {
            LOG.debug("not yet: {}", e.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.error("the dashboard met an unexpected failure and tries again", e);
            return false;
        }
    }

    private void listen() {
        ListenerOptions options = ListenerOptions.of(member);
        container =
                new BusListenerContainer(
                        bus,
                        ratePerSecond == null ? options : options.withRatePerSecond(ratePerSecond),
                        this::show);
        container.start();
    }

    private void show(BusRecord record) {
        map.show(Fix.of(record), record.partition(), record.offset());
    }

    /**
     * How it begins.
     *
     * @param ratePerSecond fixes a second, or null for as fast as it can
     * @param withTheApplication or only when it is told to
     */
    record Start(@Nullable Double ratePerSecond, boolean withTheApplication) {}
}
