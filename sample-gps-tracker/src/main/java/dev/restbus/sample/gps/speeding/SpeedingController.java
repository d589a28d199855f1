package dev.restbus.sample.gps.speeding;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The speed watch over HTTP. */
@RestController
@Tag(name = "Speeding", description = "A second group on the same topic")
class SpeedingController {

    private final SpeedWatch watch;

    SpeedingController(SpeedWatch watch) {
        this.watch = watch;
    }

    @GetMapping(path = "/speeding", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(operationId = "getSpeeding", summary = "Fixes above the speed limit")
    SpeedWatch.Report report(@RequestParam(defaultValue = "20") int limit) {
        return watch.report(limit);
    }
}
