package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Topics, produce and read as a client sees them. */
class TopicsAndRecordsTest {

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

    @Test
    void aControlCallTakesJsonAlone() {
        for (String type : List.of("application/yaml", "application/x-yaml", "text/plain")) {
            Reply reply =
                    bus.send("PUT", "/v1/topics/typed", "partitions: 2", "Content-Type", type);
            assertThat(reply.status()).as(type).isEqualTo(415);
            assertThat(reply.code()).isEqualTo("unsupported-media-type");
        }
        assertThat(bus.get("/v1/topics/typed").code()).isEqualTo("unknown-topic");
        assertThat(bus.get("/v3/api-docs.yaml").body()).startsWith("openapi:");
    }

    @Test
    void whoAnsweredIsToldAndARedirectIsNotNeeded() {
        Reply reply = bus.get("/v1/topics?redirect=true");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("Bus-Served-By")).isEqualTo("broker-1");
        Reply produced = bus.post("/v1/topics/told?redirect=true", "1");
        assertThat(produced.status()).isEqualTo(201);
        assertThat(produced.header("Bus-Served-By")).isEqualTo("broker-1");
        assertThat(bus.get("/v1/topics?redirect=maybe").code()).isEqualTo("invalid-parameter");
    }

    @Test
    void aTopicIsCreatedOnceAndShownWithItsPartitions() {
        Reply created =
                bus.put(
                        "/v1/topics/made.once",
                        "{\"partitions\":2,\"config\":{\"segment.bytes\":65536}}");
        assertThat(created.status()).as(created.body()).isEqualTo(201);
        Reply again =
                bus.put(
                        "/v1/topics/made.once",
                        "{\"partitions\":2,\"config\":{\"segment.bytes\":\"65536\"}}");
        assertThat(again.status()).as(again.body()).isEqualTo(200);
        assertThat(bus.send("PUT", "/v1/topics/made.once", null).status()).isEqualTo(200);
        assertThat(bus.put("/v1/topics/made.once", "{\"partitions\":3}").code())
                .isEqualTo("topic-exists");
        assertThat(bus.put("/v1/topics/made.once", "{\"config\":{}}").code())
                .isEqualTo("topic-exists");
        JsonNode topic = bus.get("/v1/topics/made.once").json();
        assertThat(topic.path("name").asString()).isEqualTo("made.once");
        assertThat(topic.path("partitions").size()).isEqualTo(2);
        JsonNode partition = topic.path("partitions").get(1);
        assertThat(partition.path("leader").asInt()).isEqualTo(1);
        assertThat(partition.path("leaderEpoch").asInt()).isPositive();
        assertThat(partition.path("replicas")).hasToString("[1]");
        assertThat(partition.path("isr")).hasToString("[1]");
        assertThat(partition.path("logEndOffset").asLong()).isZero();
        assertThat(topic.path("replicationFactor").asInt()).isEqualTo(1);
        assertThat(topic.path("config").path("segment.bytes").asString()).isEqualTo("65536");
    }

    @Test
    void aTopicWithoutABodyHasDefaults() {
        assertThat(bus.send("PUT", "/v1/topics/plain", null).status()).isEqualTo(201);
        assertThat(bus.get("/v1/topics/plain").json().path("partitions").size()).isEqualTo(3);
    }

    @Test
    void curlsPutWithItsFormTypeWorks() {
        Reply reply =
                bus.send(
                        "PUT",
                        "/v1/topics/form",
                        "{\"partitions\":1}",
                        "Content-Type",
                        "application/x-www-form-urlencoded");
        assertThat(reply.status()).as(reply.body()).isEqualTo(201);
        assertThat(bus.get("/v1/topics/form").json().path("partitions").size()).isEqualTo(1);
    }

    @Test
    void topicsAreListedInPages() {
        for (String name : List.of("list.a", "list.b", "list.c")) {
            bus.put("/v1/topics/" + name, "{\"partitions\":1}");
        }
        List<String> names = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = bus.get("/v1/topics?limit=2&cursor=" + cursor).json();
            page.path("items").forEach(item -> names.add(item.path("name").asString()));
            cursor = page.path("next").isNull() ? null : page.path("next").asString();
        } while (cursor != null);
        assertThat(names).isSorted().doesNotHaveDuplicates();
        assertThat(names).contains("list.a", "list.b", "list.c");
    }

    @Test
    void aDeletedTopicIsGoneAndAnotherMayTakeItsName() {
        bus.post("/v1/topics/brief?partition=0", "1");
        String id = bus.get("/v1/topics/brief").json().path("id").asString();
        assertThat(bus.delete("/v1/topics/brief").status()).isEqualTo(204);
        assertThat(bus.get("/v1/topics/brief").code()).isEqualTo("unknown-topic");
        assertThat(bus.delete("/v1/topics/brief").code()).isEqualTo("unknown-topic");
        Reply again = bus.post("/v1/topics/brief?partition=0", "2");
        assertThat(again.json().path("offset").asLong()).isZero();
        assertThat(bus.get("/v1/topics/brief").json().path("id").asString()).isNotEqualTo(id);
    }

    @Test
    void partitionsAreAddedWhereNoKeyCanMove() {
        bus.put("/v1/topics/growing", "{\"partitions\":1}");
        assertThat(bus.patch("/v1/topics/growing", "{\"partitions\":2}").status()).isEqualTo(200);
        bus.post("/v1/topics/growing?key=k", "1");
        assertThat(bus.patch("/v1/topics/growing", "{\"partitions\":3}").code())
                .isEqualTo("would-remap-keys");
        Reply accepted =
                bus.patch("/v1/topics/growing", "{\"partitions\":3,\"acceptKeyRemap\":true}");
        assertThat(accepted.json().path("partitions").size()).isEqualTo(3);
        assertThat(bus.patch("/v1/topics/growing", "{\"partitions\":2}").status()).isEqualTo(422);
    }

    @Test
    void theFirstCurlMakesTheTopicAndTheSecondReadsTheRecord() {
        Reply stored =
                bus.post(
                        "/v1/topics/hi",
                        "hello",
                        "Content-Type",
                        "application/x-www-form-urlencoded");
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        assertThat(stored.json().path("topic").asString()).isEqualTo("hi");
        assertThat(stored.json().path("partition").asInt()).isZero();
        assertThat(stored.json().path("offset").asLong()).isZero();
        assertThat(stored.json().path("timestamp").asLong()).isPositive();
        assertThat(stored.header("Location")).isEqualTo("/v1/topics/hi/partitions/0/records/0");
        JsonNode read = bus.get("/v1/topics/hi/partitions/0/records?offset=earliest").json();
        assertThat(read.path("records").get(0).path("value").asString()).isEqualTo("hello");
        assertThat(read.path("nextOffset").asLong()).isEqualTo(1);
        assertThat(read.path("highWatermark").asLong()).isEqualTo(1);
        assertThat(read.path("logStartOffset").asLong()).isZero();
        Reply raw = bus.get(stored.header("Location"));
        assertThat(raw.body()).isEqualTo("hello");
        assertThat(raw.header("Content-Type")).startsWith("text/plain");
        assertThat(raw.header("Bus-Offset")).isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "application/json | {\"a\": 1} | {\"a\": 1} | application/json | value",
                "application/vnd.x+json | [1] | [1] | application/vnd.x+json | value",
                "text/plain;charset=utf-8 | é\"x\" | \"é\\\"x\\\"\" | text/plain;charset=utf-8 | value",
                "image/png | abc | \"YWJj\" | image/png | valueBase64",
                "application/x-www-form-urlencoded | {\"a\":1} | {\"a\":1} | application/json | value",
                "application/x-www-form-urlencoded | a=b | \"a=b\" | text/plain;charset=utf-8 | value",
            })
    void aValueKeepsItsTypeAndItsBytes(
            String type, String body, String asJson, String storedType, String member) {
        Reply stored = bus.post("/v1/topics/types?partition=0", body, "Content-Type", type);
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        long offset = stored.json().path("offset").asLong();
        Reply raw = bus.get(stored.header("Location"));
        assertThat(raw.body()).isEqualTo(body);
        assertThat(raw.header("Content-Type")).isEqualTo(storedType);
        String read =
                bus.get("/v1/topics/types/partitions/0/records?max=1&offset=" + offset).body();
        assertThat(read).contains("\"" + member + "\":" + asJson);
    }

    @Test
    void emptyKeysAndHeadersAreKept() {
        bus.post("/v1/topics/keys?key=&partition=0", "1", "Bus-Header-Trace-Id", "x 1");
        bus.post("/v1/topics/keys?partition=0", "2");
        JsonNode records = bus.get("/v1/topics/keys/partitions/0/records").json().path("records");
        assertThat(records.get(0).path("key").asString()).isEmpty();
        assertThat(records.get(0).path("headers").path("trace-id").asString()).isEqualTo("x 1");
        assertThat(records.get(1).path("key").isNull()).isTrue();
        assertThat(bus.get("/v1/topics/keys/partitions/0/records/0").header("Bus-Header-trace-id"))
                .isEqualTo("x 1");
    }

    @Test
    void unkeyedRecordsGoRoundAndKeyedOnesWhereKafkaPutsThem() {
        bus.put("/v1/topics/spread", "{\"partitions\":3}");
        assertThat(partitionsOf("spread", "", 4)).containsExactly(0, 1, 2, 0);
        assertThat(partitionsOf("spread", "?key=12345", 2)).containsExactly(2, 2);
        assertThat(partitionsOf("spread", "?key=order-1", 1)).containsExactly(1);
        assertThat(partitionsOf("spread", "?key=order-1&partition=2", 1)).containsExactly(2);
        assertThat(partitionsOf("spread", "?key=", 1)).containsExactly(0);
    }

    @Test
    void aBatchAnswersInRequestOrder() {
        bus.put("/v1/topics/batch", "{\"partitions\":2}");
        Reply stored =
                bus.post(
                        "/v1/topics/batch/records",
                        """
                        {"records":[{"value":1,"partition":1},{"value":2,"partition":0},
                                    {"value":3,"partition":1}]}""");
        assertThat(stored.status()).isEqualTo(201);
        assertThat(stored.body())
                .isEqualTo(
                        "{\"records\":[{\"partition\":1,\"offset\":0},{\"partition\":0,\"offset\":0},"
                                + "{\"partition\":1,\"offset\":1}]}");
        Reply minimal =
                bus.post(
                        "/v1/topics/batch/records",
                        "{\"records\":[{\"value\":1,\"partition\":1},{\"value\":2,\"partition\":1}]}",
                        "Prefer",
                        "return=minimal");
        assertThat(minimal.body())
                .isEqualTo("{\"partitions\":[{\"partition\":1,\"baseOffset\":2,\"count\":2}]}");
    }

    @Test
    void oneBadRecordRefusesThemAllAndCreatesNothing() {
        Reply refused =
                bus.post(
                        "/v1/topics/never-made/records",
                        "{\"records\":[{\"value\":1},{\"value\":2,\"partition\":9}]}");
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.code()).isEqualTo("unknown-partition");
        assertThat(refused.json().path("errors").get(0).path("pointer").asString())
                .isEqualTo("/records/1/partition");
        assertThat(bus.get("/v1/topics/never-made").status()).isEqualTo(404);
        assertThat(
                        bus.post("/v1/topics/never-made", "{", "Content-Type", "application/json")
                                .code())
                .isEqualTo("malformed-json");
        assertThat(bus.get("/v1/topics/never-made").status()).isEqualTo(404);
    }

    @Test
    void acksDecideTheAnswer() {
        assertThat(bus.post("/v1/topics/acks?acks=0", "1").status()).isEqualTo(202);
        assertThat(bus.post("/v1/topics/acks?acks=1", "1").status()).isEqualTo(201);
        assertThat(bus.post("/v1/topics/acks?acks=all", "1").status()).isEqualTo(201);
        assertThat(bus.post("/v1/topics/acks?acks=2", "1").code()).isEqualTo("invalid-parameter");
    }

    @ParameterizedTest
    @CsvSource({
        "offset=abc, 400, invalid-parameter",
        "offset=-1, 416, offset-out-of-range",
        "offset=3, 416, offset-out-of-range",
        "max=0, 422, invalid-value",
        "wait=31s, 422, wait-too-long",
        "wait=soon, 400, invalid-parameter",
        "colour=red, 422, unknown-parameter"
    })
    void aBadReadIsRefused(String query, int status, String code) {
        bus.put("/v1/topics/bad-reads", "{\"partitions\":1}");
        Reply reply = bus.get("/v1/topics/bad-reads/partitions/0/records?" + query);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }

    @Test
    void readingNeverCreates() {
        assertThat(bus.get("/v1/topics/nowhere/partitions/0/records").code())
                .isEqualTo("unknown-topic");
        bus.put("/v1/topics/one-partition", "{\"partitions\":1}");
        assertThat(bus.get("/v1/topics/one-partition/partitions/1/records").code())
                .isEqualTo("unknown-partition");
        assertThat(bus.get("/v1/topics/nowhere").status()).isEqualTo(404);
    }

    @Test
    void aReadOutsideTheLogTellsTheBounds() {
        bus.put("/v1/topics/bounds", "{\"partitions\":1}");
        bus.post("/v1/topics/bounds", "1");
        JsonNode problem = bus.get("/v1/topics/bounds/partitions/0/records?offset=5").json();
        assertThat(problem.path("logStartOffset").asLong()).isZero();
        assertThat(problem.path("logEndOffset").asLong()).isEqualTo(1);
        assertThat(bus.get("/v1/topics/bounds/partitions/0/records/1").status()).isEqualTo(416);
    }

    @Test
    void maxCutsWithinABatchAndTheNextReadGoesOnThere() {
        bus.put("/v1/topics/cut", "{\"partitions\":1}");
        String records =
                String.join(
                        ",",
                        IntStream.range(0, 10).mapToObj(i -> "{\"value\":" + i + "}").toList());
        bus.post("/v1/topics/cut/records", "{\"records\":[" + records + "]}");
        List<Integer> values = new ArrayList<>();
        long next = 0;
        while (values.size() < 10) {
            JsonNode read =
                    bus.get("/v1/topics/cut/partitions/0/records?max=3&offset=" + next).json();
            read.path("records").forEach(r -> values.add(r.path("value").asInt()));
            next = read.path("nextOffset").asLong();
        }
        assertThat(values).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(next).isEqualTo(10);
    }

    @Test
    void aParkedReadIsAnsweredByTheNextRecord() {
        bus.put("/v1/topics/parked", "{\"partitions\":1}");
        CompletableFuture<Reply> parked =
                bus.sendAsync("GET", "/v1/topics/parked/partitions/0/records?wait=30s", null);
        Reply stored = bus.post("/v1/topics/parked", "42");
        assertThat(stored.status()).isEqualTo(201);
        JsonNode read = RunningBus.await(parked).json();
        assertThat(read.path("records").get(0).path("value").asInt()).isEqualTo(42);
        JsonNode empty =
                bus.get("/v1/topics/parked/partitions/0/records?offset=latest&wait=10ms").json();
        assertThat(empty.path("records").size()).isZero();
        assertThat(empty.path("nextOffset").asLong()).isEqualTo(1);
    }

    @Test
    void theBusKeepsItsOwnNames() {
        assertThat(bus.post("/v1/topics/__consumer_offsets", "1").code()).isEqualTo("invalid-name");
        assertThat(bus.put("/v1/topics/__mine", "{}").code()).isEqualTo("invalid-name");
        assertThat(bus.put("/v1/topics/a%2Fb", "{}").code()).isEqualTo("invalid-name");
    }

    @Test
    void aHintWorksWhereItWasAsked() {
        String hint = bus.get("/v1/topics/hinted").json().path("hint").asString();
        String command = "curl -X PUT ";
        assertThat(hint).startsWith(command);
        String[] parts = hint.substring(command.length()).split("/", 2);
        assertThat("http://" + parts[0]).isEqualTo(bus.base());
        assertThat(bus.send("PUT", "/" + parts[1], null).status()).isEqualTo(201);
    }

    @Test
    void whatCameInIsCounted() {
        double before = metric("bus_records_in_total");
        bus.post("/v1/topics/counted/records", "{\"records\":[{\"value\":1},{\"value\":2}]}");
        assertThat(metric("bus_records_in_total")).isGreaterThanOrEqualTo(before + 2);
        assertThat(metric("bus_partitions")).isPositive();
    }

    private static double metric(String name) {
        return bus.get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void aKeyThatIsNotEnforcedIsRefused() {
        Reply reply = bus.put("/v1/topics/later", "{\"config\":{\"flush.ms\":1000}}");
        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.code()).isEqualTo("invalid-config");
        assertThat(bus.put("/v1/topics/later", "{\"replicationFactor\":2}").code())
                .isEqualTo("not-enough-brokers");
        assertThat(bus.put("/v1/topics/later", "{\"partitions\":0}").status()).isEqualTo(422);
        assertThat(bus.put("/v1/topics/later", "{\"colour\":1}").code()).isEqualTo("unknown-field");
    }

    private static List<Integer> partitionsOf(String topic, String query, int times) {
        return IntStream.range(0, times)
                .mapToObj(i -> bus.post("/v1/topics/" + topic + query, "1"))
                .map(reply -> reply.json().path("partition").asInt())
                .toList();
    }
}
