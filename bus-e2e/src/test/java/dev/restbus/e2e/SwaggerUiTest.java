package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Swagger UI in a real browser: what "Try it out" produces is what a poll there hands out. */
class SwaggerUiTest {

    @TempDir Path folder;

    @Test
    void triesOutProduceAndPoll() throws Exception {
        Path screenshot = Browser.screenshot("swagger-ui");
        JsonNode seen;
        try (BusProcess bus = BusProcess.start(folder.resolve("data"))) {
            seen = Browser.run("swagger.mjs", bus.url(), Browser.folder(), screenshot);
        }

        JsonNode produced = seen.get("produce");
        assertThat(produced.get("status").asInt()).isEqualTo(201);
        assertThat(produced.get("body").get("topic").asString()).isEqualTo("from-browser");
        assertThat(produced.get("body").get("offset").asLong()).isZero();

        JsonNode polled = seen.get("poll");
        assertThat(polled.get("status").asInt()).isEqualTo(200);
        assertThat(polled.get("body").get("records")).hasSize(1);
        assertThat(polled.get("body").get("assignment")).hasSize(3);
        assertThat(polled.get("body").at("/records/0/value/from").asString())
                .isEqualTo("a browser");

        assertThat(seen.get("offHost")).isEmpty();
        assertThat(seen.get("errors")).isEmpty();
        assertThat(screenshot).isNotEmptyFile();
    }
}
