package dev.restbus.sample.ecommerce.order;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusClientException;
import dev.restbus.client.BusProducer;
import dev.restbus.client.NewRecord;
import dev.restbus.client.RetryLimits;
import dev.restbus.client.SentRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * Takes orders: one is accepted once the bus has it, and refused where the bus does not take it, so
 * that none is ever lost silently. Safe for any number of threads.
 */
@Component
public class OrderDesk {

    public static final String TOPIC = "orders";

    private static final int RECENT = 50;

    /** A customer waits for the answer: less patience than the client's own. */
    private static final RetryLimits PATIENCE = new RetryLimits(5, Duration.ofSeconds(3), true);

    private final BusProducer producer;
    private final Clock clock;
    private final Counter accepted;
    private final Counter cancelled;
    private final Counter imported;
    private final Counter refused;
    private final Deque<AcceptedOrder> recent = new ArrayDeque<>();

    OrderDesk(BusClient bus, Clock clock, MeterRegistry meters) {
        this.producer = bus.producer().withRetry(PATIENCE);
        this.clock = clock;
        this.accepted = meters.counter("shop.orders.accepted");
        this.cancelled = meters.counter("shop.orders.cancelled");
        this.imported = meters.counter("shop.orders.imported");
        this.refused = meters.counter("shop.orders.refused");
    }

    /**
     * Places an order.
     *
     * @throws BusClientException if the bus did not take it
     */
    AcceptedOrder place(PlaceOrder wish) {
        OrderEvent event = event(wish);
        try {
            SentRecord sent = producer.send(TOPIC, event.key(), event);
            accepted.increment();
            return remember(event, sent);
        } catch (BusClientException e) {
            refused.increment();
            throw e;
        }
    }

    /** Sends events of orders that the shop took elsewhere, in their order. */
    public void publish(List<OrderEvent> events) {
        List<SentRecord> sent =
                producer.sendAll(
                        events.stream()
                                .map(event -> NewRecord.of(TOPIC, event.key(), event))
                                .toList());
        for (int i = 0; i < sent.size(); i++) {
            imported.increment();
            if (events.get(i).type() == OrderEvent.Type.cancelled) {
                cancelled.increment();
            }
            remember(events.get(i), sent.get(i));
        }
    }

    /** The newest first, 50 at most. */
    List<AcceptedOrder> recent() {
        synchronized (recent) {
            return new ArrayList<>(recent);
        }
    }

    /** Since this process started. */
    public Totals totals() {
        return new Totals(
                (long) accepted.count(),
                (long) imported.count(),
                (long) cancelled.count(),
                (long) refused.count());
    }

    private AcceptedOrder remember(OrderEvent event, SentRecord sent) {
        AcceptedOrder order = AcceptedOrder.of(event, sent);
        synchronized (recent) {
            recent.addFirst(order);
            if (recent.size() > RECENT) {
                recent.removeLast();
            }
        }
        return order;
    }

    private OrderEvent event(PlaceOrder wish) {
        LocalDateTime now = LocalDateTime.now(clock).truncatedTo(ChronoUnit.MILLIS);
        List<OrderEvent.Line> lines = wish.lines().stream().map(item -> line(item, now)).toList();
        return new OrderEvent(
                OrderEvent.Type.placed,
                UUID.randomUUID().toString(),
                wish.customer(),
                wish.email(),
                wish.country(),
                now,
                OrderEvent.totalOf(lines),
                lines);
    }

    private static OrderEvent.Line line(PlaceOrder.Item item, LocalDateTime now) {
        String description = item.description() == null ? "" : item.description();
        return new OrderEvent.Line(item.sku(), description, item.quantity(), item.unitPrice(), now);
    }

    /**
     * An order that the bus has.
     *
     * @param record where it is in the topic, {@code <partition>-<offset>}
     */
    record AcceptedOrder(
            String orderId,
            OrderEvent.Type type,
            String key,
            int lines,
            BigDecimal total,
            LocalDateTime placedAt,
            String record) {

        static AcceptedOrder of(OrderEvent event, SentRecord sent) {
            return new AcceptedOrder(
                    event.orderId(),
                    event.type(),
                    event.key(),
                    event.lines().size(),
                    event.total(),
                    event.placedAt(),
                    sent.id());
        }
    }

    /** Counts of orders. */
    public record Totals(long accepted, long imported, long cancelled, long refused) {}
}
