package dev.restbus.sample.gps.fleet;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The fleet over HTTP. */
@RestController
@Tag(name = "Fleet", description = "The cabs that report")
class FleetController {

    private final Fleet fleet;
    private final Roads roads;

    FleetController(Fleet fleet, Roads roads) {
        this.fleet = fleet;
        this.roads = roads;
    }

    @GetMapping(path = "/fleet", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(operationId = "getFleet", summary = "How many cabs drive, and what they still hold")
    Fleet.State fleet() {
        return fleet.state();
    }

    @PostMapping(path = "/fleet", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "resizeFleet",
            summary = "Call cabs or send them home",
            description = "0 to 5000; each reports every 10 s, so 5000 make 500 fixes a second.")
    Size resize(@RequestBody Size size) {
        fleet.resize(size.cabs());
        return size;
    }

    @GetMapping(path = "/roads", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(operationId = "getRoads", summary = "The made-up roads, for drawing")
    RoadMap roads() {
        return new RoadMap(
                roads.crossings().stream().map(c -> new double[] {c.lon(), c.lat()}).toList(),
                roads.roads().stream()
                        .map(r -> new int[] {r.from(), r.to(), r.avenue() ? 1 : 0})
                        .toList());
    }

    record Size(int cabs) {}

    /**
     * The roads in short.
     *
     * @param crossings longitude and latitude of each
     * @param roads two crossings by their index, and 1 for an avenue
     */
    record RoadMap(List<double[]> crossings, List<int[]> roads) {}
}
