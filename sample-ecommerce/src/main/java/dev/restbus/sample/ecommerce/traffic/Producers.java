package dev.restbus.sample.ecommerce.traffic;

import dev.restbus.client.spring.BusTemplate;
import dev.restbus.sample.ecommerce.traffic.Producer.Business;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** The three businesses: the shop itself 10 a second, its inventory 20, a partner's app 30. */
@Component
public class Producers {

    private static final List<Business> BUSINESSES =
            List.of(
                    new Business("e-commerce", "E-commerce", 10, "Your order is on its way"),
                    new Business("inventory", "Inventory", 20, "It is in stock again"),
                    new Business("app-x", "App X", 30, "You have a new message"));

    private final List<Traffic> traffic;
    private final Burst burst = new Burst(BUSINESSES.size());

    Producers(
            BusTemplate bus,
            Clock clock,
            MeterRegistry meters,
            @Value("${sample.traffic:false}") boolean running) {
        this.traffic =
                BUSINESSES.stream()
                        .map(business -> new Producer(business, bus, clock, meters))
                        .map(producer -> new Traffic(producer, running))
                        .toList();
    }

    @PostConstruct
    void start() {
        traffic.forEach(Traffic::start);
    }

    @PreDestroy
    void stop() {
        burst.close();
        traffic.forEach(Traffic::close);
    }

    public List<State> all() {
        return traffic.stream().map(Producers::stateOf).toList();
    }

    public Burst.State burst() {
        return burst.state();
    }

    /**
     * Switches one on or off, or changes its pace; null leaves it as it is.
     *
     * @throws NoSuchElementException if there is no such producer
     */
    State change(String id, @Nullable Boolean running, @Nullable Double perSecond) {
        Traffic found =
                traffic.stream()
                        .filter(t -> t.producer().business().id().equals(id))
                        .findFirst()
                        .orElseThrow();
        found.change(
                running == null ? found.isRunning() : running,
                perSecond == null ? found.perSecond() : perSecond);
        return stateOf(found);
    }

    void changeAll(boolean running) {
        traffic.forEach(t -> t.change(running, t.perSecond()));
    }

    Burst.State startBurst(int seconds) {
        return burst.start(traffic, seconds);
    }

    private static State stateOf(Traffic traffic) {
        Producer producer = traffic.producer();
        return new State(
                producer.business().id(),
                producer.business().name(),
                traffic.isRunning(),
                traffic.perSecond(),
                producer.sent(),
                producer.failed());
    }

    /** A producer as the page shows it; totals since this process started. */
    public record State(
            String id, String name, boolean running, double perSecond, long sent, long failed) {}
}
