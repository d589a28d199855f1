package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.standalone.ByteCalls.Reply;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.MessageReader;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.http.impl.HttpMessageWriter;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** CloudEvents as their own SDK sends and reads them, and such as no SDK would send. */
class CloudEventsTest {

    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch+json";

    @TempDir static Path data;

    private static RunningBus bus;
    private static ByteCalls calls;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
        calls = new ByteCalls(bus);
    }

    @AfterAll
    static void stop() throws IOException {
        bus.close();
        LogCheck.Report report = LogCheck.check(new FileDisk(), data);
        assertThat(report.findings()).isEmpty();
        assertThat(report.logs()).hasSizeGreaterThan(5);
    }

    private static String topic(String name) {
        bus.put("/v1/topics/" + name, "{\"partitions\":1}");
        return name;
    }

    private static CloudEventBuilder event(String id) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create("/till/4"))
                .withType("shop.sold");
    }

    private static CloudEvent rich() {
        return rich("1 – ü \"%20\"", "café");
    }

    private static CloudEvent rich(String id, String key) {
        return event(id)
                .withSubject("order/5")
                .withTime(OffsetDateTime.parse("2024-02-03T04:05:06.789Z"))
                .withDataSchema(URI.create("https://example.org/schema"))
                .withExtension("partitionkey", key)
                .withExtension("number", 5)
                .withData("application/json", "{\"total\":12}".getBytes(StandardCharsets.UTF_8))
                .build();
    }

    /** Sends what the SDK writes. */
    private static Reply send(String topic, java.util.function.Consumer<HttpMessageWriter> event) {
        List<String> headers = new ArrayList<>();
        AtomicReference<byte[]> body = new AtomicReference<>(new byte[0]);
        event.accept(
                HttpMessageFactory.createWriter(
                        (name, value) -> {
                            headers.add(name);
                            headers.add(value);
                        },
                        bytes -> body.set(bytes == null ? new byte[0] : bytes)));
        return calls.post("/v1/topics/" + topic, body.get(), headers.toArray(String[]::new));
    }

    /** What the SDK makes of a record read alone. */
    private static MessageReader readBack(String topic, long offset) {
        Reply raw = calls.get(record(topic, offset));
        Map<String, String> headers = new HashMap<>();
        raw.raw().headers().map().forEach((name, values) -> headers.put(name, values.get(0)));
        return HttpMessageFactory.createReader(headers, raw.body());
    }

    private static String record(String topic, long offset) {
        return "/v1/topics/" + topic + "/partitions/0/records/" + offset;
    }

    private static JsonNode first(String topic) {
        return bus.get("/v1/topics/" + topic + "/partitions/0/records")
                .json()
                .path("records")
                .get(0);
    }

    @Test
    void anEventInBinaryModeComesBackAsItWas() {
        String topic = topic("binary");
        CloudEvent sent = rich("id-1", "k-5");
        Reply stored = send(topic, writer -> writer.writeBinary(sent));
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        assertThat(stored.header("Location")).isEqualTo(record(topic, 0));

        CloudEvent read = readBack(topic, 0).toEvent();
        assertThat(read.getData().toBytes()).isEqualTo(sent.getData().toBytes());
        assertThat(read.getDataContentType()).isEqualTo("application/json");
        assertThat(read.getAttributeNames()).isEqualTo(sent.getAttributeNames());
        for (String name : sent.getAttributeNames()) {
            assertThat(read.getAttribute(name)).as(name).isEqualTo(sent.getAttribute(name));
        }
        assertThat(read.getExtension("partitionkey")).isEqualTo("k-5");
        assertThat(read.getExtension("number")).isEqualTo("5");

        JsonNode record = first(topic);
        assertThat(record.path("key").asString()).isEqualTo("k-5");
        assertThat(record.path("value").path("total").asInt()).isEqualTo(12);
        assertThat(record.path("contentType").asString()).isEqualTo("application/json");
        JsonNode headers = record.path("headers");
        assertThat(headers.path("ce_specversion").asString()).isEqualTo("1.0");
        assertThat(headers.path("ce_id").asString()).isEqualTo("id-1");
        assertThat(headers.path("ce_type").asString()).isEqualTo("shop.sold");
        assertThat(headers.path("ce_source").asString()).isEqualTo("/till/4");
        assertThat(headers.size()).isEqualTo(9);
    }

    /** The SDK neither encodes nor decodes what the HTTP binding says has to be. */
    @Test
    void textBeyondVisibleAsciiIsPercentEncodedBothWays() {
        String topic = topic("encoded");
        Reply stored =
                calls.post(
                        "/v1/topics/" + topic,
                        "x".getBytes(StandardCharsets.UTF_8),
                        "ce-specversion",
                        "1.0",
                        "ce-id",
                        "1%20%E2%80%93%20%C3%BC%22%25",
                        "ce-source",
                        "s",
                        "ce-type",
                        "t",
                        "ce-partitionkey",
                        "caf%c3%a9");
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        JsonNode record = first(topic);
        assertThat(record.path("key").asString()).isEqualTo("café");
        assertThat(record.path("headers").path("ce_id").asString()).isEqualTo("1 – ü\"%");
        Reply raw = calls.get(record(topic, 0));
        assertThat(raw.header("ce-id")).isEqualTo("1%20%E2%80%93%20%C3%BC%22%25");
        assertThat(raw.header("ce-partitionkey")).isEqualTo("caf%C3%A9");
    }

    @Test
    void dataOfAnyTypeAndNoDataAreKept() {
        String topic = topic("data");
        byte[] bytes = {0, (byte) 0xff, 10, 13};
        CloudEvent image = event("1").withData("image/png", bytes).build();
        assertThat(send(topic, writer -> writer.writeBinary(image)).status()).isEqualTo(201);
        CloudEvent none = event("2").build();
        assertThat(send(topic, writer -> writer.writeBinary(none)).status()).isEqualTo(201);

        CloudEvent read = readBack(topic, 0).toEvent();
        assertThat(read.getData().toBytes()).isEqualTo(bytes);
        assertThat(read.getDataContentType()).isEqualTo("image/png");
        Reply raw = calls.get(record(topic, 1));
        assertThat(raw.body()).isEmpty();
        assertThat(raw.header("ce-id")).isEqualTo("2");
    }

    @Test
    void anEventInStructuredModeIsTheValueAsItCame() {
        String topic = topic("structured");
        Reply stored = send(topic, writer -> writer.writeStructured(rich(), new JsonFormat()));
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        assertThat(new JsonFormat().serialize(readBack(topic, 0).toEvent()))
                .isEqualTo(new JsonFormat().serialize(rich()));
        JsonNode record = first(topic);
        assertThat(record.path("key").asString()).isEqualTo("café");
        assertThat(record.path("contentType").asString()).isEqualTo(STRUCTURED);
        assertThat(record.path("value").path("id").asString()).isEqualTo("1 – ü \"%20\"");

        String spaced =
                " {\"data\":{\"specversion\":7},\"id\":\"a\",\"type\":\"t\",\"source\":\"s\","
                        + "\"specversion\":\"1.0\",\"flag\":true,\"time\":null} ";
        Reply asIs = post(topic, spaced, STRUCTURED + "; charset=UTF-8");
        assertThat(asIs.status()).as(asIs.text()).isEqualTo(201);
        Reply raw = calls.get(record(topic, 1));
        assertThat(raw.text()).isEqualTo(spaced);
        assertThat(raw.header("Content-Type")).startsWith(STRUCTURED);
        assertThat(raw.header("Bus-Key")).isEmpty();
    }

    @Test
    void aBatchIsOneRecordAnEvent() {
        String topic = topic("batch");
        String one = new String(new JsonFormat().serialize(rich()), StandardCharsets.UTF_8);
        String two = "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"s\",\"type\":\"t\"}";
        Reply stored = post(topic, "[" + one + " , " + two + "]", BATCH);
        assertThat(stored.text())
                .isEqualTo(
                        "{\"records\":[{\"partition\":0,\"offset\":0},"
                                + "{\"partition\":0,\"offset\":1}]}");
        assertThat(readBack(topic, 0).toEvent().getId()).isEqualTo(rich().getId());
        assertThat(calls.get(record(topic, 0)).text()).isEqualTo(one);
        assertThat(calls.get(record(topic, 0)).header("Bus-Key")).isEqualTo("caf%C3%A9");
        assertThat(calls.get(record(topic, 1)).text()).isEqualTo(two);
        Reply minimal =
                calls.post(
                        "/v1/topics/" + topic,
                        ("[" + two + "]").getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        BATCH,
                        "Prefer",
                        "return=minimal");
        assertThat(minimal.text())
                .isEqualTo("{\"partitions\":[{\"partition\":0,\"baseOffset\":2,\"count\":1}]}");
    }

    @Test
    void theCallersKeyAndHeadersCountToo() {
        String topic = topic("keys");
        Reply stored =
                calls.post(
                        "/v1/topics/" + topic + "?key=mine",
                        "x".getBytes(StandardCharsets.UTF_8),
                        "CE-SpecVersion",
                        "1.0",
                        "ce-id",
                        "\"quoted \\\"id\\\"\"",
                        "ce-source",
                        "s",
                        "ce-type",
                        "100%",
                        "ce-partitionkey",
                        "theirs",
                        "Bus-Header-Colour",
                        "red");
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        Reply raw = calls.get(record(topic, 0));
        assertThat(raw.header("Bus-Key")).isEqualTo("mine");
        assertThat(raw.header("ce-partitionkey")).isEqualTo("theirs");
        assertThat(raw.header("ce-id")).isEqualTo("quoted%20%22id%22");
        assertThat(raw.header("ce-type")).isEqualTo("100%25");
        assertThat(raw.header("Bus-Header-colour")).isEqualTo("red");
        assertThat(raw.header("Bus-Header-ce_id")).isEmpty();
    }

    @Test
    void aRecordThatIsNoEventKeepsItsOwnHeaders() {
        String topic = topic("plain");
        bus.post("/v1/topics/" + topic, "1", "Bus-Header-ce_id", "7");
        Reply raw = calls.get(record(topic, 0));
        assertThat(raw.header("Bus-Header-ce_id")).isEqualTo("7");
        assertThat(raw.header("ce-id")).isEmpty();
    }

    private static Reply post(String topic, String body, String contentType) {
        return calls.post(
                "/v1/topics/" + topic,
                body.getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                contentType);
    }

    @ParameterizedTest
    @ValueSource(strings = {"specversion", "id", "source", "type"})
    void whatIsRequiredIsMissedInEveryMode(String name) {
        Map<String, String> all = new HashMap<>();
        all.put("specversion", "1.0");
        all.put("id", "1");
        all.put("source", "s");
        all.put("type", "t");
        all.remove(name);
        List<String> headers = new ArrayList<>();
        all.forEach((own, value) -> headers.addAll(List.of("ce-" + own, value)));
        Reply binary = calls.post("/v1/topics/none", new byte[0], headers.toArray(String[]::new));
        assertProblem(binary, 422, "missing-field", "ce-" + name);
        headers.addAll(List.of("ce-" + name, ""));
        assertProblem(
                calls.post("/v1/topics/none", new byte[0], headers.toArray(String[]::new)),
                422,
                "invalid-value",
                "ce-" + name);

        StringBuilder json = new StringBuilder("{");
        all.forEach((own, value) -> json.append("\"%s\":\"%s\",".formatted(own, value)));
        String missing = json + "\"data\":1}";
        assertProblem(post("none", missing, STRUCTURED), 422, "missing-field", "/" + name);
        String isNull = json + "\"" + name + "\":null}";
        assertProblem(post("none", isNull, STRUCTURED), 422, "missing-field", "/" + name);
        String empty = json + "\"" + name + "\":\"\"}";
        assertProblem(post("none", empty, STRUCTURED), 422, "invalid-value", "/" + name);
        String good = "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"s\",\"type\":\"t\"}";
        Reply batch = post("none", "[" + good + "," + missing + "]", BATCH);
        assertProblem(batch, 422, "missing-field", "/1/" + name);
        assertThat(bus.get("/v1/topics/none").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "\"specversion\":\"0.3\" | 422 | invalid-value | /specversion",
                "\"specversion\":1.0 | 400 | wrong-type | /specversion",
                "\"specversion\":\"1.0\",\"source\":\"a b\" | 422 | invalid-value | /source",
                "\"specversion\":\"1.0\",\"time\":\"now\" | 422 | invalid-value | /time",
                "\"specversion\":\"1.0\",\"dataschema\":\"x\" | 422 | invalid-value | /dataschema",
                "\"specversion\":\"1.0\",\"subject\":\"\" | 422 | invalid-value | /subject",
                "\"specversion\":\"1.0\",\"partitionkey\":\"\" | 422 | invalid-value | /partitionkey",
                "\"specversion\":\"1.0\",\"Big\":\"x\" | 422 | invalid-value | /Big",
                "\"specversion\":\"1.0\",\"x\":{} | 400 | wrong-type | /x",
                "\"specversion\":\"1.0\",\"x\":1.5 | 400 | wrong-type | /x",
                "\"specversion\":\"1.0\",\"id\":\"2\" | 400 | duplicate-field | ''",
                "\"specversion\":\"1.0\",\"data\":{\"a\":1,\"a\":2} | 400 | duplicate-field | ''",
                "\"specversion\":\"1.0\",\"data\":1,\"data_base64\":\"\" | 422 | invalid-value | /data_base64",
                "\"specversion\":\"1.0\",\"data_base64\":\"?\" | 400 | malformed-encoding | /data_base64",
                "\"specversion\":\"1.0\",\"data_base64\":5 | 400 | wrong-type | /data_base64"
            })
    void whatIsWrongInAnEventIsSaid(String member, int status, String code, String pointer) {
        String source = member.contains("source") ? "" : "\"source\":\"s\",";
        String json = "{\"id\":\"1\"," + source + "\"type\":\"t\"," + member + "}";
        assertProblem(post("none", json, STRUCTURED), status, code, pointer);
        String inBatch = pointer.isEmpty() ? "/0" : "/0" + pointer;
        assertProblem(post("none", "[" + json + "]", BATCH), status, code, inBatch);
    }

    @Test
    void bodiesThatAreNoEventsAreRefused() {
        assertThat(post("none", "", STRUCTURED).code()).isEqualTo("malformed-json");
        assertThat(post("none", "[]", STRUCTURED).code()).isEqualTo("wrong-type");
        assertThat(post("none", "{}", BATCH).code()).isEqualTo("wrong-type");
        assertThat(post("none", "[1]", BATCH).code()).isEqualTo("wrong-type");
        assertThat(post("none", "[]", BATCH).code()).isEqualTo("invalid-value");
        assertThat(post("none", "[", BATCH).code()).isEqualTo("malformed-json");
        String good = "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"s\",\"type\":\"t\"}";
        assertThat(post("none", good + good, STRUCTURED).code()).isEqualTo("malformed-json");
        assertThat(post("none", good, "application/cloudevents+xml").code())
                .isEqualTo("unsupported-media-type");
        assertThat(post("none", good, "application/cloudevents").code())
                .isEqualTo("unsupported-media-type");
        assertThat(bus.get("/v1/topics/none").status()).isEqualTo(404);
    }

    @Test
    void headersThatAreNoAttributesAreRefused() {
        assertProblem(binary("ce-big-one", "x"), 422, "invalid-value", "ce-big-one");
        assertProblem(binary("ce-data", "x"), 422, "invalid-value", "ce-data");
        assertProblem(binary("ce-id", "x"), 422, "invalid-value", "ce-id");
        assertProblem(binary("ce-time", "%ff"), 400, "malformed-encoding", "ce-time");
        assertProblem(
                binary("ce-datacontenttype", "a/b"), 422, "invalid-value", "ce-datacontenttype");
        assertProblem(binary("ce-x", "y".repeat(5000)), 422, "invalid-value", "ce-x");
        assertThat(binary("Content-Type", "application/json").code()).isEqualTo("malformed-json");
    }

    /** An event with one header more. */
    private static Reply binary(String name, String value) {
        return calls.post(
                "/v1/topics/none",
                "not json".getBytes(StandardCharsets.UTF_8),
                "ce-specversion",
                "1.0",
                "ce-id",
                "1",
                "ce-source",
                "s",
                "ce-type",
                "t",
                name,
                value);
    }

    private static void assertProblem(Reply reply, int status, String code, String pointer) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(reply.code()).as(reply.text()).isEqualTo(code);
        assertThat(reply.pointer()).as(reply.text()).isEqualTo(pointer);
    }
}
