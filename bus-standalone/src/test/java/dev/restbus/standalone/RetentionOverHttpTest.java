package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Retention as a client sees it: set with the topic or later, at work without a restart. */
class RetentionOverHttpTest {

    private static final String KILOBYTE = "\"" + "x".repeat(1_000) + "\"";

    @TempDir static Path data;

    private static RunningBus bus;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    private static void fill(String topic, int records) {
        for (int i = 0; i < records; i++) {
            assertThat(bus.post("/v1/topics/" + topic, KILOBYTE).status()).isEqualTo(201);
        }
    }

    private static JsonNode partition(String topic) {
        return bus.get("/v1/topics/" + topic).json().path("partitions").get(0);
    }

    private static long awaitStart(String topic, long atLeast) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        long start = partition(topic).path("logStartOffset").asLong();
        while (start < atLeast) {
            assertThat(System.nanoTime())
                    .as("the log of %s starts at %d", topic, start)
                    .isLessThan(end);
            start = partition(topic).path("logStartOffset").asLong();
        }
        return start;
    }

    @Test
    void theDefaultsAreKafkas() {
        bus.put("/v1/topics/plain", "{\"partitions\":1}");
        JsonNode config = bus.get("/v1/topics/plain").json().path("config");
        assertThat(config.path("retention.ms").asString()).isEqualTo("604800000");
        assertThat(config.path("retention.bytes").asString()).isEqualTo("-1");
        assertThat(config.path("segment.ms").asString()).isEqualTo("604800000");
        assertThat(config.path("segment.bytes").asString()).isEqualTo("1073741824");
    }

    @Test
    void aSizeThatIsSetLaterDeletesTheOldestSegments() {
        bus.put(
                "/v1/topics/sized",
                "{\"partitions\":1,\"config\":{\"segment.bytes\":16384,\"retention.ms\":-1}}");
        fill("sized", 60);
        assertThat(partition("sized").path("logStartOffset").asLong()).isZero();

        assertThat(
                        bus.patch(
                                        "/v1/topics/sized",
                                        "{\"config\":{\"retention.bytes\":\"32768\"}}")
                                .status())
                .isEqualTo(200);
        long start = awaitStart("sized", 15);
        assertThat(partition("sized").path("sizeBytes").asLong()).isBetween(32_768L, 49_152L);
        assertThat(bus.get("/v1/topics/sized/partitions/0/records?offset=" + (start - 1)).status())
                .isEqualTo(416);
        JsonNode read = bus.get("/v1/topics/sized/partitions/0/records?max=1").json();
        assertThat(read.path("records").get(0).path("offset").asLong()).isEqualTo(start);
        JsonNode polled =
                bus.post("/v1/groups/sized-g/members/m/poll?topics=sized&max=1", null).json();
        assertThat(polled.path("records").get(0).path("offset").asLong()).isEqualTo(start);
    }

    @Test
    void anAgeThatIsSetLaterDeletesAlsoWhatTheActiveSegmentHeld() {
        bus.put("/v1/topics/aged", "{\"partitions\":1}");
        fill("aged", 3);
        String old = "{\"records\":[{\"value\":1,\"timestamp\":1}]}";
        assertThat(bus.post("/v1/topics/aged/records", old).status()).isEqualTo(201);
        assertThat(
                        bus.patch("/v1/topics/aged", "{\"config\":{\"retention.ms\":\"1s\"}}")
                                .json()
                                .path("config")
                                .path("retention.ms")
                                .asString())
                .isEqualTo("1000");
        awaitStart("aged", 4);
        assertThat(bus.get("/v1/topics/aged/partitions/0/records").json().path("records"))
                .isEmpty();
        assertThat(bus.post("/v1/topics/aged", "5").json().path("offset").asLong()).isEqualTo(4);
    }
}
