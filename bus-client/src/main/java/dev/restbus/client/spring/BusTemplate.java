package dev.restbus.client.spring;

import dev.restbus.client.BusProducer;
import dev.restbus.client.NewRecord;
import dev.restbus.client.SentRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends records with the application's client and waits until the bus has them; failures are {@link
 * dev.restbus.client.BusClientException}. Safe for any number of threads.
 */
public class BusTemplate {

    private final BusProducer producer;

    public BusTemplate(BusProducer producer) {
        this.producer = producer;
    }

    /** Sends a value without a key. */
    public SentRecord send(String topic, Object value) {
        return producer.send(topic, null, value);
    }

    /** Sends a value whose key decides its partition, and with it its order. */
    public SentRecord send(String topic, @Nullable String key, @Nullable Object value) {
        return producer.send(topic, key, value);
    }

    public SentRecord send(NewRecord record) {
        return producer.send(record);
    }

    /** Sends records of one topic in their order; see {@link BusProducer#sendAll}. */
    public List<SentRecord> sendAll(List<NewRecord> records) {
        return producer.sendAll(records);
    }
}
