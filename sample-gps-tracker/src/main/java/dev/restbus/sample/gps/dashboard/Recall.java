package dev.restbus.sample.gps.dashboard;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusGroups;
import dev.restbus.client.BusProblemException;
import dev.restbus.client.BusRecord;
import dev.restbus.client.BusTopics;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixTopic;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuilds the map after a restart: the log still has what was shown, so the last fixes before the
 * group's committed offsets are read again, by offset and without touching the group.
 */
final class Recall {

    /** In each partition: enough for the whole trail of about a thousand cabs. */
    static final int FIXES_A_PARTITION = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(Recall.class);
    private static final int MAX_RECORDS_A_READ = 500;

    private final BusClient bus;
    private final CabMap map;

    Recall(BusClient bus, CabMap map) {
        this.bus = bus;
        this.map = map;
    }

    /**
     * Reads what is there; repeating it changes nothing.
     *
     * @throws dev.restbus.client.BusClientException if the bus fails
     */
    void run() {
        List<BusTopics.Partition> partitions = bus.topics().get(FixTopic.NAME).partitions();
        for (BusGroups.Position position : positions()) {
            partitions.stream()
                    .filter(p -> p.partition() == position.partition())
                    .filter(p -> position.topic().equals(FixTopic.NAME))
                    .forEach(p -> recall(p, position.nextOffset()));
        }
    }

    private List<BusGroups.Position> positions() {
        try {
            return bus.groups().offsets(Dashboard.GROUP);
        } catch (BusProblemException e) {
            if (e.code().equals("unknown-group")) {
                return List.of();
            }
            throw e;
        }
    }

    private void recall(BusTopics.Partition partition, long end) {
        long next = Math.max(partition.logStartOffset(), end - FIXES_A_PARTITION);
        while (next < end) {
            BusTopics.Page page =
                    bus.topics()
                            .read(
                                    FixTopic.NAME,
                                    partition.partition(),
                                    next,
                                    (int) Math.min(MAX_RECORDS_A_READ, end - next),
                                    Duration.ZERO);
            if (page.nextOffset() <= next) {
                return;
            }
            page.records().stream().filter(record -> record.offset() < end).forEach(this::put);
            next = page.nextOffset();
        }
    }

    private void put(BusRecord record) {
        try {
            map.recall(Fix.of(record), record.partition(), record.offset());
        } catch (RuntimeException e) {
            // The group has dealt with it: it is a dead letter, and not for the map.
            LOG.debug("{} is no fix", record, e);
        }
    }
}
