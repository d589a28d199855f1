package dev.restbus.sample.ecommerce;

import dev.restbus.client.BusClient;
import dev.restbus.sample.ecommerce.order.OrderDesk;
import dev.restbus.sample.ecommerce.traffic.Burst;
import dev.restbus.sample.ecommerce.traffic.Producers;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The numbers on the page. */
@RestController
@Tag(name = "Stats")
class StatsController {

    private final BusClient bus;
    private final String busUrl;
    private final Producers producers;
    private final OrderDesk orders;

    StatsController(
            BusClient bus,
            @Value("${sample.bus-link}") String busUrl,
            Producers producers,
            OrderDesk orders) {
        this.bus = bus;
        this.busUrl = busUrl;
        this.producers = producers;
        this.orders = orders;
    }

    @GetMapping("/stats")
    @Operation(operationId = "stats", summary = "Live numbers; totals since this process started")
    Stats stats() {
        return new Stats(
                busUrl, bus.isReachable(), producers.all(), producers.burst(), orders.totals());
    }

    /**
     * What the page shows.
     *
     * @param busUrl the bus as a browser reaches it
     */
    record Stats(
            String busUrl,
            boolean connected,
            List<Producers.State> producers,
            Burst.State burst,
            OrderDesk.Totals orders) {}
}
