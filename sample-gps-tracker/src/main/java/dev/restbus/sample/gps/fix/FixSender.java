package dev.restbus.sample.gps.fix;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusProducer;
import dev.restbus.client.NewRecord;
import dev.restbus.client.RetryLimits;
import dev.restbus.client.SentRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Sends fixes, keyed by cab. Safe for any number of threads. */
@Component
public class FixSender {

    /** Short: whoever sends keeps what was not sent, and comes again. */
    private static final RetryLimits LIMITS = new RetryLimits(2, Duration.ofSeconds(2), false);

    private final FixTopic topic;
    private final BusProducer producer;
    private final LongAdder sent = new LongAdder();

    FixSender(FixTopic topic, BusClient bus) {
        this.topic = topic;
        this.producer = bus.producer().withRetry(LIMITS);
    }

    /**
     * Sends the fixes in their order; the bus stamps them with its own time.
     *
     * @return for each, whether it is known to be stored
     * @throws dev.restbus.client.BusClientException if nothing was stored, or nothing is known
     */
    public boolean[] send(List<Fix> fixes) {
        topic.ensure();
        List<NewRecord> records =
                fixes.stream().map(fix -> NewRecord.of(FixTopic.NAME, fix.cab(), fix)).toList();
        boolean[] stored = new boolean[fixes.size()];
        try {
            mark(stored, producer.sendAll(records));
        } catch (BusProducer.PartialSendException e) {
            mark(stored, e.sent());
        }
        return stored;
    }

    /** Fixes that this process sent, and the bus confirmed. */
    public long sentCount() {
        return sent.sum();
    }

    private void mark(boolean[] stored, List<@Nullable SentRecord> places) {
        for (int i = 0; i < stored.length; i++) {
            stored[i] = places.get(i) != null;
            sent.add(stored[i] ? 1 : 0);
        }
    }
}
