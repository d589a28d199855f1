package dev.restbus.sample.gps.dashboard;

import dev.restbus.sample.gps.fix.Fix;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The dashboard over HTTP. */
@RestController
@RequestMapping(produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Dashboard", description = "What a reader with a pace of its own has seen")
class DashboardController {

    private final Dashboard dashboard;
    private final CabMap map;
    private final BusWatch watch;
    private final String busUrl;

    DashboardController(
            Dashboard dashboard,
            CabMap map,
            BusWatch watch,
            @Value("${sample.bus-url}") String busUrl) {
        this.busUrl = busUrl;
        this.dashboard = dashboard;
        this.map = map;
        this.watch = watch;
    }

    @GetMapping("/cabs")
    @Operation(
            operationId = "listCabs",
            summary = "The cabs on the map",
            description = "With since=<version> only those that changed after that answer.")
    Cabs cabs(
            @RequestParam(defaultValue = "0") long since,
            @RequestParam(defaultValue = "20000") int limit) {
        // Read first: what changes in between comes again with the next call.
        long version = map.totals().version();
        return new Cabs(map.changedSince(since, limit, watch.freshness()), version);
    }

    @GetMapping("/cabs/{id}")
    @Operation(operationId = "getCab", summary = "One cab")
    @ApiResponse(responseCode = "200", description = "what is known of it")
    @ApiResponse(responseCode = "404", description = "not on the map")
    CabView cab(@PathVariable String id) {
        CabView view = map.find(id, watch.freshness());
        if (view == null) {
            throw new ResponseStatusException(
                    HttpStatus.NOT_FOUND, "no cab " + id + " is on the map");
        }
        return view;
    }

    @DeleteMapping("/cabs")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "clearMap",
            summary = "Empty the map",
            description = "Forgets the cabs, not the counts; the log keeps all fixes.")
    void clear() {
        map.clear();
    }

    @GetMapping("/stats")
    @Operation(operationId = "getStats", summary = "The numbers of the page")
    Stats stats(@RequestParam(defaultValue = "true") boolean counts) {
        CabMap.Totals totals = map.totals();
        BusWatch.Seen seen = watch.seen();
        Freshness freshness = watch.freshness();
        List<Fix> newest = map.newest();
        long[] ages = freshness.ages(newest);
        return new Stats(
                busUrl,
                seen.connected(),
                totals.cabs(),
                seen.inLog(),
                totals.shown(),
                watch.history().perSecond(History.Sample::inLog),
                watch.history().perSecond(History.Sample::shown),
                seen.lag(),
                freshness.behindMs(),
                dashboard.ratePerSecond(),
                totals.late(),
                totals.missed(),
                totals.repeated(),
                freshness.states(newest),
                ages.length == 0
                        ? new Stats.Age(0, 0)
                        : new Stats.Age(ages[ages.length / 2], ages[ages.length - 1]),
                seen.lanes(),
                counts ? map.counts() : null);
    }

    @GetMapping("/stats/history")
    @Operation(operationId = "getHistory", summary = "The last five minutes, a sample a second")
    List<History.Sample> history() {
        return watch.history().all();
    }

    @GetMapping("/dashboard")
    @Operation(operationId = "getDashboard", summary = "How fast the dashboard reads")
    Pace pace() {
        return new Pace(dashboard.ratePerSecond());
    }

    @PostMapping("/dashboard")
    @Operation(
            operationId = "paceDashboard",
            summary = "Change how fast the dashboard reads",
            description = "Fixes a second, above 0 and at most 10000; null for no limit.")
    Pace changePace(@RequestBody Pace pace) {
        dashboard.changeRate(pace.ratePerSecond());
        return pace;
    }

    record Cabs(List<CabView> items, long version) {}

    record Pace(@Nullable Double ratePerSecond) {}
}
