package dev.restbus.sample.notification;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusClientException;
import dev.restbus.client.spring.BusListeners;
import dev.restbus.sample.notification.delivery.NotificationListener;
import dev.restbus.sample.notification.failed.FailedMessages;
import dev.restbus.sample.notification.failed.SentBackLog;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Agrees with the bus on what happens to notifications that fail, and then starts to listen; tries
 * until the bus is there. Owns a thread until that is done.
 */
@Component
class Subscription {

    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

    /** The first attempt and three more, one second apart. */
    private static final int ATTEMPTS = 4;

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int PARTITIONS = 3;
    private static final long TRY_AGAIN_MS = 500;

    private final BusClient bus;
    private final BusListeners listeners;
    private final Thread thread = new Thread(this::subscribe, "subscription");

    Subscription(BusClient bus, BusListeners listeners) {
        this.bus = bus;
        this.listeners = listeners;
    }

    @EventListener(ApplicationReadyEvent.class)
    void start() {
        thread.start();
    }

    @PreDestroy
    void stop() {
        thread.interrupt();
    }

    /** Returns once the listeners were started. */
    void awaitDone() throws InterruptedException {
        thread.join();
    }

    private void subscribe() {
        try {
            while (!agreed()) {
                TimeUnit.MILLISECONDS.sleep(TRY_AGAIN_MS);
            }
            listeners.start();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean agreed() {
        try {
            bus.topics().createIfMissing(FailedMessages.TOPIC, PARTITIONS, Map.of());
            bus.topics().createIfMissing(SentBackLog.TOPIC, 1, Map.of());
            bus.groups()
                    .configureRetry(
                            NotificationListener.GROUP, ATTEMPTS, PAUSE, FailedMessages.TOPIC);
            return true;
        } catch (BusClientException e) {
            LOG.info("waiting for the bus: {}", e.getMessage());
            return false;
        }
    }
}
