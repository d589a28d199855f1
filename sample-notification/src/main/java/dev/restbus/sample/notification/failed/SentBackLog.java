package dev.restbus.sample.notification.failed;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusRecord;
import dev.restbus.client.BusTopics;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Which failed messages were sent back: a topic of its own, read from its start by every process,
 * so that it is known after a restart too. For one thread at a time.
 */
@Component
public class SentBackLog {

    public static final String TOPIC = "failed-messages.sent";

    private static final int PAGE = 500;

    /** Older ones are forgotten; their messages left the list of failed ones long before. */
    private static final int REMEMBERED = 100_000;

    private final BusClient bus;
    private final Map<String, String> sentBack = new LinkedHashMap<>();
    private long nextOffset;

    SentBackLog(BusClient bus) {
        this.bus = bus;
    }

    /**
     * Where the copy of a failed message is, or null; as of the last {@link #catchUp()}.
     *
     * @param id the failed message's
     */
    @Nullable String find(String id) {
        return sentBack.get(id);
    }

    /** Reads what was added. */
    void catchUp() {
        BusTopics.Page page;
        do {
            page = bus.topics().read(TOPIC, 0, nextOffset, PAGE, Duration.ZERO);
            for (BusRecord record : page.records()) {
                Entry entry = record.as(Entry.class);
                remember(entry);
            }
            nextOffset = page.nextOffset();
        } while (nextOffset < page.highWatermark());
    }

    /** Notes that a failed message's copy is on the bus. */
    void add(String id, String copy) {
        Entry entry = new Entry(id, copy);
        bus.producer().send(TOPIC, id, entry);
        remember(entry);
    }

    private void remember(Entry entry) {
        sentBack.putIfAbsent(entry.id(), entry.copy());
        if (sentBack.size() > REMEMBERED) {
            sentBack.remove(sentBack.keySet().iterator().next());
        }
    }

    /** A record of the topic. */
    record Entry(String id, String copy) {}
}
