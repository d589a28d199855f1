package dev.restbus.sample.gps.replay;

import dev.restbus.sample.gps.replay.Replay.Progress;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.util.UriComponentsBuilder;

/** Track files over HTTP. */
@RestController
@RequestMapping(path = "/fixes/import", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Import", description = "Recorded tracks")
class ReplayController {

    private final Replay replay;

    ReplayController(Replay replay) {
        this.replay = replay;
    }

    /** Reads query and body itself: a parameter lookup would eat the body of curl's form type. */
    @PostMapping(consumes = "!multipart/form-data")
    @Operation(
            operationId = "importTracks",
            summary = "Send the tracks of a CSV file as fixes",
            description =
                    "Columns track_id, lon, lat, speed_kmh, time (UTC); at most 16 MiB. The file is"
                            + " checked before anything is sent. Keyed by track and in order for each"
                            + " vehicle; a record bears the time of its line.",
            parameters =
                    @Parameter(
                            name = "speed",
                            in = ParameterIn.QUERY,
                            description =
                                    "recorded seconds a second: 1 is as it was, 60 a minute a second."
                                            + " Without it all is sent at once",
                            schema = @Schema(type = "number")),
            requestBody =
                    @RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = "text/csv",
                                            schema = @Schema(type = "string"))))
    @ApiResponse(responseCode = "200", description = "all is stored")
    @ApiResponse(responseCode = "202", description = "with speed: the replay has begun")
    @ApiResponse(responseCode = "413", description = "the file is too large")
    @ApiResponse(responseCode = "422", description = "a line is not a point; nothing was sent")
    ResponseEntity<Imported> start(HttpServletRequest request) throws IOException {
        return run(request.getInputStream(), speedOf(request.getQueryString()));
    }

    @PostMapping(consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
    @Operation(operationId = "importTracksFile", summary = "The same as a form upload")
    ResponseEntity<Imported> startWithFile(
            @RequestPart("file") MultipartFile file, HttpServletRequest request)
            throws IOException {
        try (InputStream csv = file.getInputStream()) {
            return run(csv, speedOf(request.getQueryString()));
        }
    }

    @GetMapping
    @Operation(operationId = "getImport", summary = "How far the last import is")
    Progress progress() {
        return replay.progress();
    }

    @DeleteMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "cancelImport", summary = "End the import that is under way")
    void cancel() {
        replay.cancel();
    }

    private ResponseEntity<Imported> run(InputStream csv, @Nullable Double speed)
            throws IOException {
        Progress progress = replay.run(csv, speed);
        return ResponseEntity.status(speed == null ? HttpStatus.OK : HttpStatus.ACCEPTED)
                .body(new Imported(progress.vehicles(), progress.points()));
    }

    private static @Nullable Double speedOf(@Nullable String query) {
        String text =
                UriComponentsBuilder.newInstance()
                        .query(query)
                        .build()
                        .getQueryParams()
                        .getFirst("speed");
        if (text == null) {
            return null;
        }
        double speed = Double.parseDouble(text);
        if (!(speed > 0 && speed <= Replay.MAX_SPEED)) {
            throw new IllegalArgumentException("speed is above 0 and at most 100000");
        }
        return speed;
    }

    record Imported(int vehicles, int points) {}
}
