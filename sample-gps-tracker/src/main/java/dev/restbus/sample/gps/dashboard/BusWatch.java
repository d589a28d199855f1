package dev.restbus.sample.gps.dashboard;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusClientException;
import dev.restbus.client.BusGroups;
import dev.restbus.client.BusProblemException;
import dev.restbus.client.BusTopics;
import dev.restbus.sample.gps.fix.FixTopic;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Asks the bus once a second how far the topic and the dashboard's group are, and remembers the
 * last minutes. Safe for any number of threads.
 */
@Component
class BusWatch implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(BusWatch.class);
    private static final long EVERY_MS = 1_000;

    private final BusClient bus;
    private final CabMap map;
    private final History history = new History();

    private volatile Seen seen = Seen.NOTHING;
    private volatile @Nullable ScheduledExecutorService watcher;

    BusWatch(BusClient bus, CabMap map) {
        this.bus = bus;
        this.map = map;
    }

    /** What the bus said last; the numbers stay while it cannot be reached. */
    Seen seen() {
        return seen;
    }

    History history() {
        return history;
    }

    /** The freshness of now. */
    Freshness freshness() {
        long now = System.currentTimeMillis();
        long oldest =
                seen.backlogged().stream()
                        .map(map::lastSentAt)
                        .filter(Objects::nonNull)
                        .mapToLong(Long::longValue)
                        .min()
                        .orElse(now);
        return new Freshness(now, Math.max(0, now - oldest));
    }

    @Override
    public synchronized void start() {
        if (watcher == null) {
            ScheduledExecutorService made =
                    Executors.newSingleThreadScheduledExecutor(
                            work -> {
                                Thread thread = new Thread(work, "bus-watch");
                                thread.setDaemon(true);
                                return thread;
                            });
            made.scheduleAtFixedRate(this::look, 0, EVERY_MS, TimeUnit.MILLISECONDS);
            watcher = made;
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = watcher;
        if (running != null) {
            running.shutdownNow();
            watcher = null;
        }
    }

    @Override
    public boolean isRunning() {
        return watcher != null;
    }

    private void look() {
        try {
            seen = ask().after(seen);
        } catch (BusClientException e) {
            seen = seen.notConnected();
        } catch (RuntimeException e) {
            seen = seen.notConnected();
            LOG.error("looking at the bus failed", e);
        }
        history.add(
                new History.Sample(
                        System.currentTimeMillis(),
                        seen.inLog(),
                        map.totals().shown(),
                        seen.lag(),
                        freshness().behindMs()));
    }

    /** The group first: what is read meanwhile must not look like more than there is. */
    private Seen ask() {
        List<BusGroups.Position> positions = List.of();
        Long lag = null;
        try {
            lag = bus.groups().get(Dashboard.GROUP).lag();
            positions = bus.groups().offsets(Dashboard.GROUP);
        } catch (BusProblemException e) {
            requireCode(e, "unknown-group");
        }
        try {
            List<BusTopics.Partition> ends = bus.topics().get(FixTopic.NAME).partitions();
            List<Lane> lanes = lanes(ends, positions);
            long inLog = ends.stream().mapToLong(BusTopics.Partition::highWatermark).sum();
            // Before its first poll there is no group, and all is still to be read.
            long unread = lanes.stream().mapToLong(lane -> lane.end() - lane.nextOffset()).sum();
            return new Seen(true, inLog, lag == null ? unread : lag, lanes);
        } catch (BusProblemException e) {
            requireCode(e, "unknown-topic");
            return new Seen(true, 0, 0, List.of());
        }
    }

    private static List<Lane> lanes(
            List<BusTopics.Partition> ends, List<BusGroups.Position> positions) {
        Map<Integer, Long> next =
                positions.stream()
                        .filter(p -> p.topic().equals(FixTopic.NAME))
                        .collect(
                                Collectors.toMap(
                                        BusGroups.Position::partition,
                                        BusGroups.Position::nextOffset));
        return ends.stream()
                .map(
                        end ->
                                new Lane(
                                        end.partition(),
                                        next.getOrDefault(end.partition(), end.logStartOffset()),
                                        end.highWatermark()))
                .toList();
    }

    private static void requireCode(BusProblemException problem, String code) {
        if (!problem.code().equals(code)) {
            throw problem;
        }
    }

    /**
     * The bus as it was a moment ago.
     *
     * @param inLog fixes that were ever stored
     * @param lag fixes that the dashboard's group has not committed yet, as the bus says
     * @param lanes one a partition
     * @param backlogged partitions that had something unread twice in a row; a fix that has just
     *     come in does not make the dashboard late
     */
    record Seen(
            boolean connected, long inLog, long lag, List<Lane> lanes, Set<Integer> backlogged) {

        static final Seen NOTHING = new Seen(false, 0, 0, List.of());

        private Seen(boolean connected, long inLog, long lag, List<Lane> lanes) {
            this(connected, inLog, lag, lanes, Set.of());
        }

        private Seen notConnected() {
            return new Seen(false, inLog, lag, lanes, backlogged);
        }

        private Seen after(Seen before) {
            Set<Integer> still = new HashSet<>(waiting());
            still.retainAll(before.waiting());
            return new Seen(connected, inLog, lag, lanes, still);
        }

        private Set<Integer> waiting() {
            return lanes.stream()
                    .filter(lane -> lane.end() > lane.nextOffset())
                    .map(Lane::partition)
                    .collect(Collectors.toSet());
        }
    }

    /**
     * A partition.
     *
     * @param nextOffset that the dashboard reads next
     * @param end offset behind the last fix
     */
    record Lane(int partition, long nextOffset, long end) {}
}
