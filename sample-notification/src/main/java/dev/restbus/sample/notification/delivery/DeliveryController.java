package dev.restbus.sample.notification.delivery;

import dev.restbus.client.SentRecord;
import dev.restbus.client.spring.BusTemplate;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Size;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Notifications over REST. */
@RestController
@Tag(name = "Notifications")
class DeliveryController {

    private final DeliveryDesk desk;
    private final NotificationListener listener;
    private final BusTemplate bus;
    private final Clock clock;

    DeliveryController(
            DeliveryDesk desk, NotificationListener listener, BusTemplate bus, Clock clock) {
        this.desk = desk;
        this.listener = listener;
        this.bus = bus;
        this.clock = clock;
    }

    @GetMapping("/notifications")
    @Operation(operationId = "delivered", summary = "The newest 50 delivered by this process")
    List<DeliveryDesk.Delivered> delivered() {
        return desk.recent();
    }

    @PostMapping("/notifications")
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "notify",
            summary = "Put a notification on the bus",
            description = "Without an @ in the recipient, or as poison, its delivery fails.")
    @ApiResponse(responseCode = "201", description = "The bus has it")
    SentRecord send(@Valid @RequestBody Wish wish) {
        Notification notification =
                new Notification(
                        "note-" + UUID.randomUUID(),
                        "Notifier",
                        null,
                        wish.recipient(),
                        wish.text(),
                        clock.millis(),
                        wish.poison());
        return bus.send(NotificationListener.TOPIC, wish.recipient(), notification);
    }

    @PostMapping("/delivery/stop")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "stopDelivery", summary = "Take a break; what comes meanwhile waits")
    void stop() {
        listener.listen(false);
    }

    @PostMapping("/delivery/start")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "startDelivery", summary = "Go on with what waits")
    void start() {
        listener.listen(true);
    }

    /** A notification to send. */
    record Wish(
            @Schema(example = "ann@example.com") @Size(max = 200) @Nullable String recipient,
            @Schema(example = "Hello Ann") @Size(max = 1_000) @Nullable String text,
            @Schema(example = "false") @Nullable Boolean poison) {}
}
