package dev.restbus.sample.ecommerce.traffic;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The producers over REST. */
@RestController
@Tag(name = "Producers")
class ProducerController {

    private final Producers producers;

    ProducerController(Producers producers) {
        this.producers = producers;
    }

    @GetMapping("/producers")
    @Operation(operationId = "producers", summary = "The three producers and their pace")
    List<Producers.State> all() {
        return producers.all();
    }

    @PutMapping("/producers/{id}")
    @Operation(operationId = "changeProducer", summary = "Switch a producer, or change its pace")
    Producers.State change(@PathVariable String id, @Valid @RequestBody Change change) {
        try {
            return producers.change(id, change.running(), change.perSecond());
        } catch (NoSuchElementException e) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no producer " + id);
        }
    }

    @PostMapping("/producers/start")
    @Operation(operationId = "startProducers", summary = "Switch all producers on")
    List<Producers.State> start() {
        producers.changeAll(true);
        return producers.all();
    }

    @PostMapping("/producers/stop")
    @Operation(operationId = "stopProducers", summary = "Switch all producers off")
    List<Producers.State> stop() {
        producers.changeAll(false);
        return producers.all();
    }

    @PostMapping("/producers/burst")
    @ResponseStatus(HttpStatus.ACCEPTED)
    @Operation(
            operationId = "burst",
            summary = "Exactly rate x seconds notices of every producer, evenly spaced")
    Burst.State burst(@RequestParam(defaultValue = "20") @Min(1) @Max(600) int seconds) {
        return producers.startBurst(seconds);
    }

    /** What to change; what is absent stays. */
    record Change(
            @Schema(example = "true") @Nullable Boolean running,
            @Schema(example = "20") @DecimalMin("0.1") @DecimalMax("500")
                    @Nullable Double perSecond) {}
}
