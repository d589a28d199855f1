package dev.restbus.sample.ecommerce.traffic;

import dev.restbus.client.BusClientException;
import dev.restbus.client.spring.BusTemplate;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One business that publishes notices. Safe for any number of threads. */
final class Producer {

    private static final Logger LOG = LoggerFactory.getLogger(Producer.class);
    private static final String TOPIC = "notifications";

    /** So many customers take turns; each customer's notices keep their order. */
    private static final int CUSTOMERS = 40;

    private final Business business;
    private final BusTemplate bus;
    private final Clock clock;
    private final Counter sent;
    private final Counter failed;

    /** Begins at the time, so that numbers go on growing after a restart. */
    private final AtomicLong lastNumber;

    Producer(Business business, BusTemplate bus, Clock clock, MeterRegistry meters) {
        this.business = business;
        this.bus = bus;
        this.clock = clock;
        this.sent = meters.counter("shop.notices.sent", "source", business.name());
        this.failed = meters.counter("shop.notices.failed", "source", business.name());
        this.lastNumber = new AtomicLong(clock.millis());
    }

    Business business() {
        return business;
    }

    long sent() {
        return (long) sent.count();
    }

    long failed() {
        return (long) failed.count();
    }

    /** Sends the next notice and waits for the bus; a notice that it does not take is counted. */
    boolean send() {
        long number = lastNumber.incrementAndGet();
        long customer = number % CUSTOMERS;
        Notice notice =
                new Notice(
                        business.id() + "-" + number,
                        business.name(),
                        number,
                        "customer" + customer + "@example.com",
                        business.text(),
                        clock.millis());
        try {
            bus.send(TOPIC, business.id() + "-" + customer, notice);
            sent.increment();
            return true;
        } catch (BusClientException e) {
            failed.increment();
            LOG.warn("notice {} was not sent: {}", notice.id(), e.getMessage());
            return false;
        }
    }

    /**
     * Who publishes what.
     *
     * @param perSecond the pace it starts with
     */
    record Business(String id, String name, double perSecond, String text) {}
}
