package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Records deleted from the front of a partition, as a client sees it. */
class DeleteRecordsTest {

    private static final String RECORDS = "/partitions/0/records";

    @TempDir static Path data;
    @TempDir Path own;

    private static RunningBus bus;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    private static String topic(RunningBus bus, String name, int records) {
        bus.put("/v1/topics/" + name, "{\"partitions\":1}");
        for (int i = 0; i < records; i++) {
            bus.post("/v1/topics/" + name, Integer.toString(i));
        }
        return "/v1/topics/" + name;
    }

    @Test
    void readsBelowTheNewStartAre416AndTheRestIsThere() {
        String topic = topic(bus, "front", 5);
        Reply deleted = bus.delete(topic + RECORDS + "?before=3");
        assertThat(deleted.status()).as(deleted.body()).isEqualTo(200);
        assertThat(deleted.json()).hasToString("{\"partition\":0,\"logStartOffset\":3}");

        Reply below = bus.get(topic + RECORDS + "?offset=2");
        assertThat(below.status()).isEqualTo(416);
        assertThat(below.json().path("logStartOffset").asLong()).isEqualTo(3);
        assertThat(below.json().path("logEndOffset").asLong()).isEqualTo(5);
        assertThat(bus.get(topic + RECORDS + "/2").status()).isEqualTo(416);
        JsonNode read = bus.get(topic + RECORDS + "?offset=earliest").json();
        assertThat(read.path("records").get(0).path("offset").asLong()).isEqualTo(3);
        assertThat(read.path("logStartOffset").asLong()).isEqualTo(3);
        assertThat(bus.get(topic).json().path("partitions").get(0).path("logStartOffset").asLong())
                .isEqualTo(3);
        assertThat(bus.delete(topic + RECORDS + "?before=1").json().path("logStartOffset").asLong())
                .isEqualTo(3);
    }

    @Test
    void allOfItIsDeletedUpToLatest() {
        String topic = topic(bus, "all", 4);
        assertThat(
                        bus.delete(topic + RECORDS + "?before=latest")
                                .json()
                                .path("logStartOffset")
                                .asLong())
                .isEqualTo(4);
        assertThat(bus.get(topic + RECORDS).json().path("records")).isEmpty();
        assertThat(bus.post(topic, "4").json().path("offset").asLong()).isEqualTo(4);
    }

    @Test
    void whatCannotBeDeletedIsRefused() {
        String topic = topic(bus, "refused", 2);
        expect(bus.delete(topic + RECORDS + "?before=3"), 422, "offset-beyond-log-end");
        expect(bus.delete(topic + RECORDS + "?before=-1"), 422, "invalid-value");
        expect(bus.delete(topic + RECORDS + "?before=x"), 400, "invalid-parameter");
        expect(bus.delete(topic + RECORDS), 400, "invalid-parameter");
        expect(bus.delete(topic + "/partitions/9/records?before=0"), 404, "unknown-partition");
        expect(bus.delete("/v1/topics/nobody" + RECORDS + "?before=0"), 404, "unknown-topic");
        expect(
                bus.delete("/v1/topics/__consumer_offsets" + RECORDS + "?before=0"),
                422,
                "invalid-name");
        expect(bus.delete(topic + RECORDS + "?before=0&then=1"), 422, "unknown-parameter");
        assertThat(bus.put(topic + RECORDS, "{}").header("Allow")).contains("DELETE", "GET");
    }

    @Test
    void theStartIsKeptOverARestart() {
        try (RunningBus first = RunningBus.start(own)) {
            topic(first, "kept", 5);
            first.delete("/v1/topics/kept" + RECORDS + "?before=4");
        }
        try (RunningBus second = RunningBus.start(own)) {
            expect(
                    second.get("/v1/topics/kept" + RECORDS + "?offset=3"),
                    416,
                    "offset-out-of-range");
            JsonNode records = second.get("/v1/topics/kept" + RECORDS).json().path("records");
            assertThat(records).hasSize(1);
            assertThat(records.get(0).path("value").asInt()).isEqualTo(4);
        }
    }

    private static void expect(Reply reply, int status, String code) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }
}
