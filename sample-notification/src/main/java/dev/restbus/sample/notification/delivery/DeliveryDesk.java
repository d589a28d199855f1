package dev.restbus.sample.notification.delivery;

import dev.restbus.client.BusRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * "Sends" notifications by remembering the newest ones. One that comes again, after a restart of
 * the bus say, is known by its id among the last 50,000 and not delivered twice. Also checks that
 * the notifications of one key come in their order. Safe for any number of threads.
 */
@Component
public class DeliveryDesk {

    private static final int RECENT = 50;
    private static final int REMEMBERED_IDS = 50_000;
    private static final int REMEMBERED_KEYS = 10_000;

    /** Copies that were sent back come behind what overtook them. */
    private static final String SENT_BACK = "redrivecount";

    private final Clock clock;
    private final Counter delivered;
    private final Counter duplicates;
    private final Counter outOfOrder;
    private final Counter refused;
    private final Map<String, Boolean> ids = new Bounded<>(REMEMBERED_IDS);
    private final Map<String, Long> numbers = new Bounded<>(REMEMBERED_KEYS);
    private final Deque<Delivered> recent = new ArrayDeque<>();
    private @Nullable Long lastDelayMs;

    DeliveryDesk(Clock clock, MeterRegistry meters) {
        this.clock = clock;
        this.delivered = meters.counter("notifier.delivered");
        this.duplicates = meters.counter("notifier.duplicates");
        this.outOfOrder = meters.counter("notifier.out.of.order");
        this.refused = meters.counter("notifier.failed.attempts");
    }

    /**
     * Delivers one.
     *
     * @throws UndeliverableException if it cannot be delivered as it is
     */
    synchronized void deliver(Notification notification, BusRecord record) {
        try {
            notification.requireDeliverable();
        } catch (UndeliverableException e) {
            refused.increment();
            throw e;
        }
        if (ids.putIfAbsent(String.valueOf(notification.id()), true) != null) {
            duplicates.increment();
            return;
        }
        checkOrder(notification, record);
        delivered.increment();
        remember(notification, record);
    }

    /** The newest first, 50 at most. */
    synchronized List<Delivered> recent() {
        return new ArrayList<>(recent);
    }

    /** Since this process started. */
    public synchronized Totals totals() {
        return new Totals(
                (long) delivered.count(),
                (long) duplicates.count(),
                (long) outOfOrder.count(),
                (long) refused.count(),
                lastDelayMs);
    }

    private void checkOrder(Notification notification, BusRecord record) {
        Long number = notification.number();
        if (number == null || record.key() == null || record.headers().containsKey(SENT_BACK)) {
            return;
        }
        Long before = numbers.put(record.key(), number);
        if (before != null && before > number) {
            outOfOrder.increment();
        }
    }

    private void remember(Notification notification, BusRecord record) {
        long now = clock.millis();
        lastDelayMs = notification.createdAt() == null ? null : now - notification.createdAt();
        recent.addFirst(
                new Delivered(
                        notification.id(),
                        notification.source(),
                        notification.recipient(),
                        notification.text(),
                        record.partition() + "-" + record.offset(),
                        now));
        if (recent.size() > RECENT) {
            recent.removeLast();
        }
    }

    /**
     * A notification that went out.
     *
     * @param record where it stood in the topic, {@code <partition>-<offset>}
     * @param deliveredAt epoch milliseconds
     */
    record Delivered(
            @Nullable String id,
            @Nullable String source,
            @Nullable String recipient,
            @Nullable String text,
            String record,
            long deliveredAt) {}

    /**
     * Counts of this process.
     *
     * @param duplicates came again and were not delivered twice
     * @param outOfOrder came behind a later one of their key
     * @param failedAttempts could not be delivered as they were
     * @param lastDelayMs age of the newest delivered one, or null
     */
    public record Totals(
            long delivered,
            long duplicates,
            long outOfOrder,
            long failedAttempts,
            @Nullable Long lastDelayMs) {}
}
