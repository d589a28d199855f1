package dev.restbus.sample.gps.fix;

import dev.restbus.client.BusClient;
import java.util.Map;
import org.springframework.stereotype.Component;

/** The topic of all fixes. Safe for any number of threads. */
@Component
public class FixTopic {

    public static final String NAME = "fixes";
    public static final int PARTITIONS = 6;

    private final BusClient bus;
    private volatile boolean there;

    FixTopic(BusClient bus) {
        this.bus = bus;
    }

    /**
     * Creates the topic unless it is there; before the first record, which would create it with the
     * bus's default number of partitions.
     *
     * @throws dev.restbus.client.BusClientException if it cannot be created
     */
    public void ensure() {
        if (!there) {
            bus.topics().createIfMissing(NAME, PARTITIONS, Map.of());
            there = true;
        }
    }
}
