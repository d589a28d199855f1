package dev.restbus.sample.notification;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusProblemException;
import dev.restbus.client.BusTopics;
import dev.restbus.client.BusUnavailableException;
import dev.restbus.sample.notification.delivery.NotificationListener;
import dev.restbus.sample.notification.failed.FailedMessages;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.LongSupplier;
import org.springframework.stereotype.Component;

/**
 * What the bus knows about the notifications: how many came, wait and failed. Asked at most twice a
 * second, however many look. Safe for any number of threads.
 */
@Component
class BusNumbers {

    private static final long FRESH_NANOS = 500_000_000;

    private final BusClient bus;
    private long readNanos = System.nanoTime() - FRESH_NANOS;
    private Numbers last = new Numbers(false, 0, 0, 0);

    BusNumbers(BusClient bus, MeterRegistry meters) {
        this.bus = bus;
        meters.gauge("notifier.waiting", this, numbers -> numbers.now().waiting());
    }

    synchronized Numbers now() {
        if (System.nanoTime() - readNanos >= FRESH_NANOS) {
            last = read();
            readNanos = System.nanoTime();
        }
        return last;
    }

    private Numbers read() {
        try {
            return new Numbers(
                    true,
                    existing(() -> recordsIn(NotificationListener.TOPIC)),
                    existing(() -> bus.groups().get(NotificationListener.GROUP).lag()),
                    existing(() -> recordsIn(FailedMessages.TOPIC)));
        } catch (BusUnavailableException e) {
            return new Numbers(false, last.received(), last.waiting(), last.failed());
        }
    }

    private long recordsIn(String topic) {
        return bus.topics().get(topic).partitions().stream()
                .mapToLong(BusTopics.Partition::highWatermark)
                .sum();
    }

    /** Nothing has been sent to a topic or group that is not there yet. */
    private static long existing(LongSupplier number) {
        try {
            return number.getAsLong();
        } catch (BusProblemException e) {
            return 0;
        }
    }

    /**
     * Counts since the topics were made.
     *
     * @param connected whether the bus answered
     * @param waiting notifications that are not delivered yet
     * @param failed records in the topic of failed messages
     */
    record Numbers(boolean connected, long received, long waiting, long failed) {}
}
