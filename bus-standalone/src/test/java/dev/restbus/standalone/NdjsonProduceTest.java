package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.restbus.broker.log.Disk;
import dev.restbus.standalone.RunningBus.Reply;
import dev.restbus.standalone.TroubledDisk.Trouble;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Records one a line, as a client sends them. */
class NdjsonProduceTest {

    @TempDir static Path data;

    private static RunningBus bus;
    private static TroubledDisk disk;

    @BeforeAll
    static void start() {
        bus =
                RunningBus.start(
                        new Class<?>[] {StandaloneApplication.class, TroubledDisk.Wiring.class},
                        data,
                        "--bus.door.body-timeout-ms=1500");
        disk = (TroubledDisk) bus.bean(Disk.class);
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    @AfterEach
    void calm() {
        disk.trouble(Trouble.NONE, "");
    }

    @Test
    void aThousandLinesAreListedAndMoreOnlyCounted() {
        bus.put("/v1/topics/listed", "{\"partitions\":3}");
        for (int lines : new int[] {1_000, 1_001}) {
            StringBuilder body = new StringBuilder();
            for (int i = 0; i < lines; i++) {
                body.append("{\"partition\":").append(i % 3).append(",\"value\":1}\n");
            }
            JsonNode answer = produce("listed", body.toString()).json();
            assertThat(answer.path("stored").asInt()).isEqualTo(lines);
            JsonNode records = answer.path("records");
            assertThat(records.size()).isEqualTo(lines == 1_000 ? 1_000 : 0);
            for (int i = 0; i < records.size(); i++) {
                assertThat(records.get(i).path("partition").asInt()).isEqualTo(i % 3);
                assertThat(records.get(i).path("offset").asInt()).isEqualTo(i / 3);
            }
        }
        Reply minimal =
                bus.post(
                        "/v1/topics/listed/records",
                        "{\"value\":1}",
                        "Content-Type",
                        "application/x-ndjson",
                        "Prefer",
                        "return=minimal");
        assertThat(minimal.json().has("records")).as(minimal.body()).isFalse();
    }

    @Test
    void aLineIsARecordAndTheAnswerCountsThemByPartition() {
        bus.put("/v1/topics/lines", "{\"partitions\":2}");
        Reply stored =
                produce(
                        "lines",
                        "{\"value\":{\"a\": 1},\"partition\":1,\"key\":\"k\",\"timestamp\":7}\r\n"
                                + "\n \r\n"
                                + "{\"valueBase64\":\"AQI=\",\"partition\":0,"
                                + "\"headers\":{\"h\":\"x\"}}\n"
                                + "{\"value\":\"é\",\"partition\":1}");
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        assertThat(stored.body())
                .isEqualTo(
                        "{\"stored\":3,\"partitions\":["
                                + "{\"partition\":0,\"baseOffset\":0,\"lastOffset\":0,\"count\":1},"
                                + "{\"partition\":1,\"baseOffset\":0,\"lastOffset\":1,"
                                + "\"count\":2}],\"records\":["
                                + "{\"partition\":1,\"offset\":0},"
                                + "{\"partition\":0,\"offset\":0},"
                                + "{\"partition\":1,\"offset\":1}]}");
        JsonNode ones = records("lines", 1);
        assertThat(ones.get(0).path("value")).hasToString("{\"a\":1}");
        assertThat(ones.get(0).path("key").asString()).isEqualTo("k");
        assertThat(ones.get(0).path("timestamp").asLong()).isEqualTo(7);
        assertThat(ones.get(1).path("value").asString()).isEqualTo("é");
        JsonNode bytes = records("lines", 0).get(0);
        assertThat(bytes.path("valueBase64").asString()).isEqualTo("AQI=");
        assertThat(bytes.path("headers").path("h").asString()).isEqualTo("x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"value\": | 400 | malformed-json | ",
                "[1] | 400 | wrong-type | ",
                "{\"records\":[]} | 422 | unknown-field | /records",
                "{\"value\":1} {\"value\":2} | 400 | malformed-json | ",
                "{\"value\":1,\"value\":2} | 400 | duplicate-field | ",
                "{\"key\":\"k\"} | 422 | missing-field | /value",
                "{\"value\":null} | 422 | invalid-value | /value",
                "{\"value\":1,\"partition\":7} | 404 | unknown-partition | /partition",
                "{\"value\":1,\"partition\":\"0\"} | 400 | wrong-type | /partition",
                "{\"keyBase64\":\"?\",\"value\":1} | 400 | malformed-encoding | /keyBase64",
            })
    void aBadLineStopsTheStreamAndABadFirstOneLeavesNoTrace(
            String line, int status, String code, String pointer) {
        Reply alone = produce("never-made", line + "\n{\"value\":1}\n");
        assertThat(alone.status()).as(alone.body()).isEqualTo(status);
        assertThat(alone.code()).isEqualTo(code);
        assertThat(alone.json().path("outcome").asString()).isEqualTo("none");
        assertThat(alone.json().path("failedLine").asLong()).isEqualTo(1);
        assertThat(bus.get("/v1/topics/never-made").status()).isEqualTo(404);

        bus.put("/v1/topics/stopped", "{\"partitions\":1}");
        long before = end("stopped");
        Reply later =
                produce("stopped", "{\"value\":1}\n\n{\"value\":2}\n" + line + "\n{\"value\":3}\n");
        assertThat(later.status()).as(later.body()).isEqualTo(207);
        JsonNode json = later.json();
        assertThat(json.path("stored").asLong()).isEqualTo(2);
        assertThat(json.path("failedLine").asLong()).isEqualTo(4);
        assertThat(json.path("outcome").asString()).isEqualTo("committed");
        JsonNode problem = json.path("problem");
        assertThat(problem.path("code").asString()).isEqualTo(code);
        assertThat(problem.path("outcome").asString()).isEqualTo("none");
        if (pointer != null) {
            assertThat(problem.path("errors").get(0).path("pointer").asString()).isEqualTo(pointer);
        }
        assertThat(end("stopped")).isEqualTo(before + 2);
    }

    @Test
    void headersAndParametersAreThoseOfOtherProduces() {
        assertThat(produce("params", "{\"value\":1}", "Idempotency-Key", "k").status())
                .isEqualTo(422);
        assertThat(produce("params?acks=2", "{\"value\":1}").code()).isEqualTo("invalid-parameter");
        assertThat(produce("params?colour=1", "{\"value\":1}").code())
                .isEqualTo("unknown-parameter");
        assertThat(produce("__own", "{\"value\":1}").code()).isEqualTo("invalid-name");
        assertThat(bus.get("/v1/topics/params").status()).isEqualTo(404);
        for (String nothing : new String[] {"", "\n\r\n \n"}) {
            assertThat(produce("params", nothing).code()).isEqualTo("invalid-value");
        }
        assertThat(bus.get("/v1/topics/params").status()).isEqualTo(404);
        Reply unconfirmed = produce("params?acks=0", "{\"value\":1,\"partition\":0}");
        assertThat(unconfirmed.status()).isEqualTo(202);
        assertThat(unconfirmed.body()).isEmpty();
        Reply minimal = produce("params?acks=1", "{\"value\":1}", "Prefer", "return=minimal");
        assertThat(minimal.status()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "gzip", "zstd"})
    void aLongStreamKeepsItsOrder(String encoding) throws IOException {
        String topic = "long-" + encoding;
        bus.put("/v1/topics/" + topic, "{\"partitions\":1}");
        int count = 50_000;
        byte[] body =
                encode(
                        encoding,
                        lines(count, i -> "{\"value\":" + i + ",\"key\":\"" + i * 7919L + "\"}"));
        Answer answer = new Call(topic, "", "Content-Encoding: " + encoding).send(body).end();
        assertThat(answer.text()).contains("\"stored\":" + count + ",");
        assertThat(end(topic)).isEqualTo(count);
        for (int at = 0; at < count; at += 9_973) {
            JsonNode records =
                    bus.get("/v1/topics/" + topic + "/partitions/0/records?max=3&offset=" + at)
                            .json()
                            .path("records");
            for (int i = 0; i < records.size(); i++) {
                assertThat(records.get(i).path("value").asInt()).isEqualTo(at + i);
            }
        }
    }

    @Test
    void chunksFitTheLargestBatchOfTheTopic() {
        bus.put("/v1/topics/small", "{\"partitions\":1,\"config\":{\"max.message.bytes\":300}}");
        String text = "x".repeat(100);
        byte[] body = lines(500, i -> i % 3 == 0 ? "{\"valueBase64\":\"\"}" : value(text));
        Reply stored = produce("small", new String(body, StandardCharsets.UTF_8));
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        assertThat(end("small")).isEqualTo(500);
        Reply large = produce("small", value(text) + "\n" + value(text.repeat(9)) + "\n");
        assertThat(large.json().path("failedLine").asLong()).isEqualTo(2);
        assertThat(large.json().path("problem").path("code").asString())
                .isEqualTo("record-too-large");
    }

    @Test
    void aLineIsStoredWhileTheNextIsStillToCome() throws IOException {
        Call call = new Call("dripped", "", "X: y");
        call.send("{\"value\":1,\"partition\":0}\n{\"val");
        await(() -> end("dripped") == 1);
        call.send("ue\":2,\"partition\":0}\n");
        await(() -> end("dripped") == 2);
        assertThat(call.end().text()).startsWith("HTTP/1.1 201").contains("\"stored\":2");
    }

    @Test
    void whoeverLeavesOrStallsLeavesWholeLines() throws IOException {
        bus.put("/v1/topics/left", "{\"partitions\":1}");
        try (Call call = new Call("left", "", "X: y")) {
            call.send("{\"value\":1}\n{\"value\":2}\n{\"value\":3}");
        }
        await(() -> end("left") == 2);
        try (Call call = new Call("left", "", "X: y")) {
            call.send("{\"value\":4}\n{\"value\":5}");
            String answer = call.read().text();
            assertThat(answer).startsWith("HTTP/1.1 207");
            assertThat(answer).contains("\"stored\":1,\"failedLine\":2,\"outcome\":\"committed\"");
            assertThat(answer).contains("body-timeout");
        }
        assertThat(end("left")).isEqualTo(3);
    }

    @Test
    void aFullDiskAndAnUnconfirmedChunkAreTold() throws IOException {
        bus.put("/v1/topics/full", "{\"partitions\":1}");
        try (Call call = new Call("full", "", "X: y")) {
            call.send("{\"value\":1}\n");
            await(() -> end("full") == 1);
            disk.trouble(Trouble.FULL, "full");
            call.send("{\"value\":2}\n{\"value\":3}\n");
            String answer = call.read().text();
            assertThat(answer).startsWith("HTTP/1.1 207").contains("disk-full");
            assertThat(answer).contains("\"stored\":1,\"failedLine\":2,\"outcome\":\"committed\"");
        }
        disk.trouble(Trouble.NONE, "");
        bus.put("/v1/topics/slow", "{\"partitions\":1}");
        try (Call call = new Call("slow", "?timeout=100ms", "X: y")) {
            call.send("{\"value\":1}\n");
            await(() -> end("slow") == 1);
            disk.trouble(Trouble.FORCE_HANGS, "slow");
            call.send("{\"value\":2}\n");
            String answer = call.read().text();
            assertThat(answer).startsWith("HTTP/1.1 207").contains("outcome-unknown");
            assertThat(answer).contains("\"stored\":1,\"failedLine\":2,\"outcome\":\"unknown\"");
        }
    }

    @Test
    void aDiskThatIsBehindHoldsTheStreamBack() throws Exception {
        bus.put("/v1/topics/pressed", "{\"partitions\":1}");
        produce("pressed", "{\"value\":0}");
        disk.trouble(Trouble.FORCE_HANGS, "pressed");
        byte[] body = lines(100, i -> value("x".repeat(1_000_000)));
        try (Call call = new Call("pressed", "?acks=1&timeout=200ms", "X: y")) {
            call.sendWhilePossible(body);
            String answer = call.read().text();
            assertThat(answer).startsWith("HTTP/1.1 207").contains("backpressure");
            assertThat(answer).contains("Retry-After", "\"outcome\":\"committed\"");
        }
        try (Call call = new Call("pressed", "?acks=1", "X: y")) {
            Thread sender = new Thread(() -> call.sendWhilePossible(body));
            sender.start();
            sender.join(300);
            assertThat(sender.isAlive()).isTrue();
            disk.trouble(Trouble.NONE, "");
            sender.join();
            assertThat(call.end().text()).startsWith("HTTP/1.1 201").contains("\"stored\":100,");
        }
    }

    private static Reply produce(String topicAndQuery, String body, String... headers) {
        String[] all = new String[headers.length + 2];
        all[0] = "Content-Type";
        all[1] = "application/x-ndjson";
        System.arraycopy(headers, 0, all, 2, headers.length);
        String[] parts = topicAndQuery.split("\\?");
        String query = parts.length > 1 ? "?" + parts[1] : "";
        return bus.post("/v1/topics/" + parts[0] + "/records" + query, body, all);
    }

    private static JsonNode records(String topic, int partition) {
        return bus.get("/v1/topics/" + topic + "/partitions/" + partition + "/records")
                .json()
                .path("records");
    }

    /** Records of partition 0. */
    private static long end(String topic) {
        JsonNode partitions = bus.get("/v1/topics/" + topic).json().path("partitions");
        return partitions.isEmpty() ? 0 : partitions.get(0).path("highWatermark").asLong();
    }

    private static String value(String text) {
        return "{\"value\":\"" + text + "\"}";
    }

    private static byte[] lines(int count, IntFunction<String> line) {
        return IntStream.range(0, count)
                .mapToObj(line)
                .collect(Collectors.joining("\n", "", "\n"))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encode(String encoding, byte[] plain) throws IOException {
        if (encoding.equals("zstd")) {
            return Zstd.compress(plain);
        }
        if (encoding.equals("identity")) {
            return plain;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private static void await(BooleanSupplier reached) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.yield();
        }
    }

    private record Answer(String text) {}

    /** One chunked request that is sent bit by bit. */
    private static final class Call implements AutoCloseable {

        private final Socket socket;

        Call(String topic, String query, String header) throws IOException {
            socket = new Socket("127.0.0.1", bus.port());
            socket.setSoTimeout(30_000);
            String head =
                    "POST /v1/topics/"
                            + topic
                            + "/records"
                            + query
                            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                            + "Content-Type: application/x-ndjson\r\n"
                            + "Transfer-Encoding: chunked\r\n"
                            + header
                            + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        }

        Call send(String text) throws IOException {
            return send(text.getBytes(StandardCharsets.UTF_8));
        }

        Call send(byte[] bytes) throws IOException {
            OutputStream out = socket.getOutputStream();
            String size = Integer.toHexString(bytes.length) + "\r\n";
            out.write(size.getBytes(StandardCharsets.US_ASCII));
            out.write(bytes);
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        /** Until the other side has answered and closed. */
        void sendWhilePossible(byte[] bytes) {
            try {
                send(bytes);
            } catch (IOException e) {
                // The answer came first; what it says is looked at behind this.
                return;
            }
        }

        Answer end() throws IOException {
            socket.getOutputStream().write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return read();
        }

        Answer read() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            try {
                for (int b = in.read(); b >= 0; b = in.read()) {
                    all.write(b);
                }
            } catch (IOException e) {
                // A reset behind the answer is as good as its end.
                return new Answer(all.toString(StandardCharsets.UTF_8));
            }
            return new Answer(all.toString(StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
