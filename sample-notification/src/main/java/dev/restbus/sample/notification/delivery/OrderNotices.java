package dev.restbus.sample.notification.delivery;

import dev.restbus.client.spring.BusListener;
import dev.restbus.client.spring.BusTemplate;
import java.math.BigDecimal;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells customers about their orders: each order with an address becomes a notification. Its id is
 * the order's, so that an order that is read twice is told once.
 */
@Component
class OrderNotices {

    private final BusTemplate bus;
    private final Clock clock;

    OrderNotices(BusTemplate bus, Clock clock) {
        this.bus = bus;
        this.clock = clock;
    }

    @BusListener(
            id = "orders",
            topics = "orders",
            group = "notification-orders",
            sessionTimeout = "10s")
    void onOrder(Order order) {
        if (order.email() == null) {
            return;
        }
        Notification notice =
                new Notification(
                        "order-" + order.orderId() + "-" + order.type(),
                        "Orders",
                        null,
                        order.email(),
                        "Your order of " + order.total() + " is " + order.type(),
                        clock.millis(),
                        null);
        bus.send(NotificationListener.TOPIC, order.email(), notice);
    }

    /** As much of an order event as matters here. */
    record Order(String type, String orderId, @Nullable String email, @Nullable BigDecimal total) {}
}
