package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Records as a stream: server-sent events and lines of JSON. */
class TailTest {

    private static final String SSE = "Accept: text/event-stream";
    private static final String NDJSON = "Accept: application/x-ndjson";

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

    /** One event of a stream. */
    private record Event(String id, String name, String data) {

        JsonNode json() {
            return JsonMapper.shared().readTree(data);
        }

        String place() {
            return json().path("partition").asInt() + ":" + json().path("offset").asLong();
        }
    }

    @Test
    void aTailThatIsCutAgainAndAgainLosesAndRepeatsNothing() throws Exception {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("TailTest seed " + seed);
        Random random = new Random(seed);
        bus.put("/v1/topics/cut", "{\"partitions\":2}");
        int records = 400;
        CompletableFuture<Void> producing =
                CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < records; i++) {
                                String path = "/v1/topics/cut?acks=1&partition=" + i % 2;
                                assertThat(bus.post(path, "{\"n\":" + i + "}").status())
                                        .isEqualTo(201);
                            }
                        });
        List<String> seen = new ArrayList<>();
        String lastId = null;
        while (seen.size() < records) {
            try (StreamCall tail = tail("/v1/topics/cut/records", lastId)) {
                int until = Math.min(records, seen.size() + 1 + random.nextInt(60));
                while (seen.size() < until) {
                    Event event = event(tail);
                    assertThat(event.name()).isEqualTo("record");
                    seen.add(event.place());
                    lastId = event.id();
                }
            }
        }
        producing.get();
        List<String> all = new ArrayList<>();
        IntStream.range(0, records).forEach(i -> all.add(i % 2 + ":" + i / 2));
        assertThat(seen).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(all);
        assertThat(seen.stream().filter(place -> place.startsWith("0:")))
                .containsExactlyElementsOf(
                        all.stream().filter(place -> place.startsWith("0:")).toList());
        assertThat(lastId).isEqualTo("0:200,1:200");
    }

    @Test
    void eventsAreAsEventSourceReadsThem() {
        bus.put("/v1/topics/events", "{\"partitions\":2}");
        bus.post("/v1/topics/events?partition=1&key=k", "{\r\n  \"a\": \"x\\ny\"\n}");
        bus.post("/v1/topics/events?partition=1", "two\nlines", "Content-Type", "text/plain");
        try (StreamCall tail = tail("/v1/topics/events/records", null)) {
            assertThat(tail.status()).isEqualTo(200);
            assertThat(tail.head())
                    .contains("Content-Type: text/event-stream")
                    .contains("Cache-Control: no-cache");
            Event first = event(tail);
            assertThat(first.id()).isEqualTo("0:0,1:1");
            assertThat(first.data()).contains("\"value\":{    \"a\": \"x\\ny\" }");
            assertThat(first.json().path("key").asString()).isEqualTo("k");
            Event second = event(tail);
            assertThat(second.id()).isEqualTo("0:0,1:2");
            assertThat(second.json().path("value").asString()).isEqualTo("two\nlines");
            bus.post("/v1/topics/events?partition=0", "3");
            assertThat(event(tail).id()).isEqualTo("0:1,1:2");
        }
        try (StreamCall one = tail("/v1/topics/events/partitions/1/records?offset=1", null)) {
            assertThat(event(one).id()).isEqualTo("1:2");
        }
        String path = "/v1/topics/events/partitions/1/records?offset=latest";
        try (StreamCall resumed = tail(path, "1:1")) {
            assertThat(event(resumed).place()).isEqualTo("1:1");
        }
    }

    @Test
    void aSilentStreamIsKeptAlive() {
        bus.put("/v1/topics/silent", "{\"partitions\":1}");
        try (StreamCall tail = tail("/v1/topics/silent/records", null)) {
            assertThat(tail.line()).isEqualTo(": keepalive");
            assertThat(tail.line()).isEmpty();
            bus.post("/v1/topics/silent", "1");
            assertThat(event(tail).place()).isEqualTo("0:0");
        }
    }

    @Test
    void linesEndAfterMaxRecordsOrAfterTheWait() {
        bus.put("/v1/topics/lines", "{\"partitions\":2}");
        for (int i = 0; i < 10; i++) {
            bus.post("/v1/topics/lines?partition=" + i % 2, "{\n\"n\":" + i + "}");
        }
        List<String> some = lines("/v1/topics/lines/records?max=7");
        assertThat(some).hasSize(7);
        assertThat(some).allSatisfy(line -> assertThat(line).startsWith("{\"partition\":"));
        assertThat(some).allSatisfy(line -> assertThat(line).contains("\"value\":{ \"n\":"));
        assertThat(lines("/v1/topics/lines/records?wait=0")).hasSize(10);
        assertThat(lines("/v1/topics/lines/records?wait=50ms")).hasSize(10);
        assertThat(lines("/v1/topics/lines/partitions/1/records?wait=0&offset=2")).hasSize(3);
        assertThat(lines("/v1/topics/lines/records?wait=0&offset=latest")).isEmpty();
        // Without a wait it goes on until max.
        try (StreamCall more =
                StreamCall.get(bus.port(), "/v1/topics/lines/records?max=11", NDJSON)) {
            for (int i = 0; i < 10; i++) {
                assertThat(more.line()).isNotNull();
            }
            bus.post("/v1/topics/lines", "{\"last\":true}");
            assertThat(more.line()).contains("\"last\":true");
            assertThat(more.line()).isNull();
        }
    }

    @Test
    void aBatchThatIsLargerThanAPieceArrivesWhole() {
        bus.put("/v1/topics/large", "{\"partitions\":1}");
        String padding = "x".repeat(700);
        StringBuilder body = new StringBuilder("{\"records\":[{\"value\":\"0" + padding + "\"}");
        IntStream.range(1, 1_000).forEach(i -> body.append(",{\"value\":\"" + i + padding + "\"}"));
        String json = body.append("]}").toString();
        Reply stored =
                bus.post("/v1/topics/large/records", json, "Content-Type", "application/json");
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        List<String> lines = lines("/v1/topics/large/records?wait=0");
        assertThat(lines).hasSize(1_000);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).contains("\"offset\":" + i + ",").contains("\"" + i + "x");
        }
    }

    @Test
    void partitionsThatAreAddedAreTailedToo() {
        bus.put("/v1/topics/grows", "{\"partitions\":1}");
        try (StreamCall tail = tail("/v1/topics/grows/records?offset=latest", null)) {
            assertThat(bus.patch("/v1/topics/grows", "{\"partitions\":2}").status()).isEqualTo(200);
            bus.post("/v1/topics/grows?partition=1", "1");
            bus.post("/v1/topics/grows?partition=0", "2");
            assertThat(List.of(event(tail).place(), event(tail).place()))
                    .containsExactlyInAnyOrder("0:0", "1:0");
        }
    }

    @Test
    void aTailOfADeletedTopicSaysSoAndEnds() {
        bus.put("/v1/topics/doomed", "{\"partitions\":2}");
        bus.post("/v1/topics/doomed?partition=0", "1");
        try (StreamCall events = tail("/v1/topics/doomed/records", null);
                StreamCall lines =
                        StreamCall.get(bus.port(), "/v1/topics/doomed/records", NDJSON)) {
            assertThat(event(events).name()).isEqualTo("record");
            assertThat(lines.line()).contains("\"offset\":0");
            assertThat(bus.delete("/v1/topics/doomed").status()).isEqualTo(204);
            Event last = event(events);
            assertThat(last.name()).isEqualTo("problem");
            assertThat(last.json().path("code").asString()).isEqualTo("unknown-topic");
            assertThat(events.line()).isNull();
            JsonNode line = JsonMapper.shared().readTree(lines.line());
            assertThat(line.path("problem").path("code").asString()).isEqualTo("unknown-topic");
            assertThat(lines.line()).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                                              | application/json",
                "*/*                                           | application/json",
                "application/*                                 | application/json",
                "text/html, */*;q=0.8                          | application/json",
                "application/json, text/plain, */*             | application/json",
                "text/event-stream;q=0.5, application/json     | application/json",
                "application/json;q=0, */*                     | application/x-ndjson",
                "application/json;q=0.2,application/x-ndjson   | application/x-ndjson",
                "APPLICATION/X-NDJSON                          | application/x-ndjson",
                "text/event-stream, */*                        | text/event-stream",
                "text/*                                        | text/event-stream",
                "text/html                                     | problem",
                "application/json;q=0                          | problem",
                "nonsense                                      | problem",
            })
    void theTypeIsNegotiated(String accept, String expected) {
        bus.put("/v1/topics/typed", "{\"partitions\":1}");
        String header = accept == null ? "Accept-Language: en" : "Accept: " + accept;
        for (String path : List.of("/v1/topics/typed", "/v1/topics/typed/partitions/0")) {
            String url = path + "/records?wait=0";
            try (StreamCall call = StreamCall.get(bus.port(), url, header)) {
                assertThat(call.status()).isEqualTo(expected.equals("problem") ? 406 : 200);
                assertThat(call.head())
                        .contains(
                                "Content-Type: "
                                        + (expected.equals("problem")
                                                ? "application/problem+json"
                                                : expected));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/records                        | x        | 400 | invalid-parameter",
                "/records                        | 0:       | 400 | invalid-parameter",
                "/records                        | 0:1:2    | 400 | invalid-parameter",
                "/records                        | 0:0,7:1  | 404 | unknown-partition",
                "/records                        | 0:5      | 416 | offset-out-of-range",
                "/records                        | 0:-1     | 416 | offset-out-of-range",
                "/records?offset=5               |          | 400 | invalid-parameter",
                "/records?offset=abc             |          | 400 | invalid-parameter",
                "/records?wait=31s               |          | 422 | wait-too-long",
                "/records?max=0                  |          | 422 | invalid-value",
                "/records?group=g                |          | 422 | unknown-parameter",
                "/partitions/0/records           | 1:0      | 404 | unknown-partition",
                "/partitions/0/records?offset=9  |          | 416 | offset-out-of-range",
                "/partitions/7/records           |          | 404 | unknown-partition",
                "/partitions/-4294967296/records |          | 404 | unknown-partition",
            })
    void whatCannotBeStreamedIsRefusedBefore(String path, String id, int status, String code) {
        bus.put("/v1/topics/refuses", "{\"partitions\":2}");
        List<String> headers = new ArrayList<>(List.of("Accept", "text/event-stream"));
        if (id != null) {
            headers.addAll(List.of("Last-Event-ID", id));
        }
        Reply reply = bus.get("/v1/topics/refuses" + path, headers.toArray(String[]::new));
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }

    /** Far more than sockets buffer is unread when the records are deleted. */
    @Test
    void aTailThatTheLogStartOvertakesEndsWithTheBounds() {
        bus.put("/v1/topics/overtaken", "{\"partitions\":1}");
        String records = "/v1/topics/overtaken/partitions/0/records";
        String value = "\"" + "x".repeat(1_000_000) + "\"";
        for (int i = 0; i < 32; i++) {
            assertThat(bus.post("/v1/topics/overtaken", value).status()).isEqualTo(201);
        }
        try (StreamCall call = StreamCall.get(bus.port(), records, NDJSON)) {
            assertThat(bus.delete(records + "?before=latest").status()).isEqualTo(200);

            List<String> lines = call.lines();
            JsonNode problem =
                    JsonMapper.shared().readTree(lines.get(lines.size() - 1)).path("problem");
            assertThat(problem.path("code").asString()).isEqualTo("offset-out-of-range");
            assertThat(problem.path("logStartOffset").asLong()).isEqualTo(32);
            assertThat(lines.subList(0, lines.size() - 1))
                    .map(line -> JsonMapper.shared().readTree(line).path("offset").asInt())
                    .containsExactlyElementsOf(
                            IntStream.range(0, lines.size() - 1).boxed().toList());
        }
    }

    private static List<String> lines(String path) {
        try (StreamCall call = StreamCall.get(bus.port(), path, NDJSON)) {
            assertThat(call.head()).contains("Content-Type: application/x-ndjson");
            return call.lines();
        }
    }

    private static StreamCall tail(String path, String lastId) {
        return lastId == null
                ? StreamCall.get(bus.port(), path, SSE)
                : StreamCall.get(bus.port(), path, SSE, "Last-Event-ID: " + lastId);
    }

    /** The next event; comments are passed over. */
    private static Event event(StreamCall stream) {
        String id = "";
        String name = "";
        String data = "";
        for (String line = stream.line(); line != null; line = stream.line()) {
            if (line.isEmpty() && !data.isEmpty()) {
                return new Event(id, name, data);
            }
            id = line.startsWith("id: ") ? line.substring(4) : id;
            name = line.startsWith("event: ") ? line.substring(7) : name;
            data = line.startsWith("data: ") ? line.substring(6) : data;
        }
        throw new IllegalStateException("the stream ended");
    }
}
