package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A compacted topic as a client sees it. */
class CompactionOverHttpTest {

    private static final String TOPIC = "/v1/topics/seats";
    private static final String RECORDS = TOPIC + "/partitions/0/records";
    private static final int RECORDS_SENT = 40;

    @TempDir static Path data;

    private static RunningBus bus;

    /** The offset of the one key that has no newer record. */
    private static long kept;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
        bus.put(
                TOPIC,
                "{\"partitions\":1,\"config\":{\"cleanup.policy\":\"compact\","
                        + "\"segment.bytes\":16384}}");
        String value = "\"" + "x".repeat(1_000) + "\"";
        bus.post(TOPIC + "?key=a", value);
        kept = bus.post(TOPIC + "?key=kept", "\"kept\"").json().path("offset").asLong();
        for (int i = 0; i < RECORDS_SENT; i++) {
            assertThat(bus.post(TOPIC + "?key=a", value).status()).isEqualTo(201);
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (bus.get(RECORDS + "/0").status() != 404) {
            assertThat(System.nanoTime()).as("compacted").isLessThan(end);
        }
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    private static List<Long> offsets(JsonNode answer) {
        List<Long> offsets = new ArrayList<>();
        answer.path("records").forEach(record -> offsets.add(record.path("offset").asLong()));
        return offsets;
    }

    @Test
    void aRecordThatWasCompactedAwayIsUnknown() {
        Reply gone = bus.get(RECORDS + "/0");
        assertThat(gone.code()).isEqualTo("unknown-record");
        assertThat(bus.get(RECORDS + "/" + kept).body()).isEqualTo("\"kept\"");
        assertThat(bus.get(RECORDS + "/9999").status()).isEqualTo(416);
    }

    @Test
    void readsGoOnBehindTheHoles() {
        assertThat(offsets(bus.get(RECORDS + "?max=1").json())).containsExactly(kept);
        JsonNode next = bus.get(RECORDS + "?maxBytes=1&offset=" + (kept + 1)).json();
        assertThat(next.path("records")).hasSize(1);
        assertThat(next.path("records").get(0).path("offset").asLong()).isGreaterThan(kept + 1);
        List<Long> all = new ArrayList<>();
        long offset = 0;
        while (offset < RECORDS_SENT + 2) {
            JsonNode read = bus.get(RECORDS + "?offset=" + offset).json();
            all.addAll(offsets(read));
            assertThat(read.path("logStartOffset").asLong()).isZero();
            assertThat(read.path("nextOffset").asLong()).isGreaterThan(offset);
            offset = read.path("nextOffset").asLong();
        }
        assertThat(all).isSorted().doesNotHaveDuplicates().startsWith(kept);
        assertThat(all).endsWith(RECORDS_SENT + 1L).hasSizeLessThan(RECORDS_SENT);
    }

    @Test
    void aGroupReadsWhatIsLeft() {
        JsonNode polled =
                bus.post("/v1/groups/seats-g/members/m/poll?topics=seats&max=2", null).json();
        assertThat(offsets(polled)).hasSize(2).startsWith(kept);
    }

    @Test
    void aRecordWithoutAKeyIsRefusedBeforeAnythingIsStored() {
        Reply one = bus.post(TOPIC, "1");
        assertThat(one.status()).isEqualTo(422);
        assertThat(one.code()).isEqualTo("missing-field");
        Reply many =
                bus.post(
                        TOPIC + "/records",
                        "{\"records\":[{\"key\":\"k\",\"value\":1},{\"value\":2}]}",
                        "Content-Type",
                        "application/json");
        assertThat(many.status()).isEqualTo(422);
        assertThat(many.json().path("errors").get(0).path("pointer").asString())
                .isEqualTo("/records/1/key");
        assertThat(bus.get(RECORDS).json().path("highWatermark").asLong())
                .isEqualTo(RECORDS_SENT + 2);
    }

    @Test
    void thePolicyIsOneOfKafkas() {
        assertThat(config("both", "delete, compact").path("cleanup.policy").asString())
                .isEqualTo("compact,delete");
        assertThat(config("plain", "delete").path("delete.retention.ms").asString())
                .isEqualTo("86400000");
        for (String wrong : new String[] {"", "compact,", "shrink"}) {
            Reply refused =
                    bus.put(
                            "/v1/topics/wrong",
                            "{\"config\":{\"cleanup.policy\":\"" + wrong + "\"}}");
            assertThat(refused.code()).as(wrong).isEqualTo("invalid-config");
        }
    }

    private static JsonNode config(String topic, String policy) {
        return bus.put(
                        "/v1/topics/" + topic,
                        "{\"config\":{\"cleanup.policy\":\"" + policy + "\"}}")
                .json()
                .path("config");
    }
}
