package dev.restbus.sample.ecommerce.order;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands on the topic {@code orders}: one event an order.
 *
 * @param orderId the invoice number of an imported order
 * @param customer who ordered, if that is known
 * @param email where the customer is told about it, or null
 * @param placedAt the shop's local time
 * @param total quantity times price over all lines; negative where goods came back
 */
public record OrderEvent(
        Type type,
        String orderId,
        @Nullable String customer,
        @Nullable String email,
        @Nullable String country,
        LocalDateTime placedAt,
        BigDecimal total,
        List<Line> lines) {

    /** Events of one customer keep their order; without one, those of one order do. */
    public String key() {
        return customer == null ? orderId : customer;
    }

    /** What happened to the order. */
    public enum Type {
        placed,
        cancelled
    }

    /**
     * One line of an order.
     *
     * @param quantity negative where goods came back
     * @param at when the line was entered, the shop's local time
     */
    public record Line(
            String sku, String description, int quantity, BigDecimal unitPrice, LocalDateTime at) {

        public BigDecimal total() {
            return unitPrice.multiply(BigDecimal.valueOf(quantity));
        }
    }

    /** The sum of the lines. */
    public static BigDecimal totalOf(List<Line> lines) {
        return lines.stream().map(Line::total).reduce(BigDecimal.ZERO, BigDecimal::add);
    }
}
