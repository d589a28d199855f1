package dev.restbus.sample.notification;

import dev.restbus.sample.notification.delivery.DeliveryDesk;
import dev.restbus.sample.notification.delivery.NotificationListener;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The numbers on the page. */
@RestController
@Tag(name = "Stats")
class StatsController {

    private final BusNumbers numbers;
    private final DeliveryDesk desk;
    private final NotificationListener listener;
    private final String busUrl;
    private final double perSecond;

    StatsController(
            BusNumbers numbers,
            DeliveryDesk desk,
            NotificationListener listener,
            @Value("${sample.bus-link}") String busUrl,
            @Value("${sample.per-second}") double perSecond) {
        this.numbers = numbers;
        this.desk = desk;
        this.listener = listener;
        this.busUrl = busUrl;
        this.perSecond = perSecond;
    }

    @GetMapping("/stats")
    @Operation(operationId = "stats", summary = "Live numbers of the bus and of this process")
    Stats stats() {
        BusNumbers.Numbers bus = numbers.now();
        return new Stats(
                busUrl,
                bus.connected(),
                listener.isListening(),
                perSecond,
                bus.received(),
                bus.waiting(),
                bus.failed(),
                desk.totals());
    }

    /**
     * What the page shows.
     *
     * @param busUrl the bus as a browser reaches it
     * @param perSecond the pace of the delivery
     * @param received notifications on the topic, ever
     */
    record Stats(
            String busUrl,
            boolean connected,
            boolean listening,
            double perSecond,
            long received,
            long waiting,
            long failed,
            DeliveryDesk.Totals delivery) {}
}
