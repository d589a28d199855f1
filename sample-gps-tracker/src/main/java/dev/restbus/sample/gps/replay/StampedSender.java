package dev.restbus.sample.gps.replay;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusProducer;
import dev.restbus.client.NewRecord;
import dev.restbus.client.RetryLimits;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixTopic;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Sends fixes as records that bear the time of the fix. Repeats nothing. Safe for any number of
 * threads.
 */
@Component
class StampedSender {

    private static final RetryLimits ONCE = new RetryLimits(1, Duration.ZERO, false);

    private final BusProducer producer;
    private final FixTopic topic;

    StampedSender(BusClient bus, FixTopic topic) {
        this.producer = bus.producer().withRetry(ONCE);
        this.topic = topic;
    }

    /**
     * Sends the fixes in their order, keyed by cab.
     *
     * @throws dev.restbus.client.BusClientException if they are not, or not certainly, all stored
     */
    void send(List<Fix> fixes) {
        topic.ensure();
        producer.sendAll(fixes.stream().map(StampedSender::record).toList());
    }

    private static NewRecord record(Fix fix) {
        return NewRecord.of(FixTopic.NAME, fix.cab(), fix).withTimestampMs(fix.at());
    }
}
