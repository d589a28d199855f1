package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.restbus.api.ProblemCode;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.standalone.RawCall.Answer;
import dev.restbus.standalone.TroubledDisk.Trouble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Each code of the table, reached over a raw socket on the running bus, with its page. */
class EveryProblemTest {

    private static final String TOKEN = "bus_0123456789_for_tests";

    @TempDir static Path data;
    @TempDir static Path guardedData;

    private static RunningBus bus;
    private static RunningBus guarded;
    private static TroubledDisk disk;

    @BeforeAll
    static void start() throws IOException {
        bus =
                RunningBus.start(
                        new Class<?>[] {StandaloneApplication.class, TroubledDisk.Wiring.class},
                        data,
                        "--bus.door.body-timeout-ms=300");
        disk = (TroubledDisk) bus.bean(dev.restbus.broker.log.Disk.class);
        Path tokenFile = guardedData.resolve("token");
        Files.writeString(tokenFile, TOKEN);
        Files.setPosixFilePermissions(
                tokenFile, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        guarded =
                RunningBus.start(
                        guardedData.resolve("data"),
                        "--bus.security=token",
                        "--bus.door.max-parked=1",
                        "--bus.security.token-file=" + tokenFile);
        bus.put("/v1/topics/one", "{\"partitions\":1}");
        bus.post("/v1/topics/one?key=k", "1");
    }

    @AfterAll
    static void stop() {
        bus.close();
        guarded.close();
    }

    @TestFactory
    Stream<DynamicTest> everyCodeIsReached() {
        Map<ProblemCode, Supplier<Answer>> ways = ways();
        return Stream.of(ProblemCode.values())
                .map(code -> dynamicTest(code.wireName(), () -> reach(code, ways.get(code))));
    }

    @Test
    void aServerThatIsClosingSaysSo() {
        // The last of this class's bus to be used for records: its partitions are closed.
        try (RunningBus closing =
                RunningBus.start(data.resolveSibling(data.getFileName() + "-c"))) {
            closing.put("/v1/topics/late", "{\"partitions\":1}");
            closing.bean(Partitions.class).close();
            Answer answer =
                    RawCall.send(closing.port(), RawCall.request("POST", "/v1/topics/late", "1"));
            check(ProblemCode.SHUTTING_DOWN, answer);
        }
    }

    /** A topic's log is created with its first record. */
    @Test
    void aLogThatCannotBeCreatedIsTriedAgain() {
        Supplier<Answer> first = () -> produce("first", "1", "");

        check(ProblemCode.DISK_FULL, during(Trouble.FULL, "first", first));
        assertThat(first.get().json().path("offset").asInt(-1)).isZero();
        assertThat(
                        call("GET", "/v1/topics/first/partitions/0/records", null)
                                .json()
                                .path("records"))
                .hasSize(1);
    }

    private static void reach(ProblemCode code, Supplier<Answer> way) {
        if (code == ProblemCode.SHUTTING_DOWN) {
            return; // has a test and a bus of its own
        }
        assertThat(way).as("a way to reach %s", code).isNotNull();
        check(code, way.get());
        Answer page = call("GET", "/problems/" + code.wireName(), null, "Accept: text/html");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.body()).contains(code.wireName()).contains(code.title());
    }

    private static void check(ProblemCode code, Answer answer) {
        assertThat(answer.status()).as("%s: %s", code, answer).isEqualTo(code.status());
        assertThat(answer.head().toLowerCase()).contains("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.path("code").asString()).as(answer.body()).isEqualTo(code.wireName());
        assertThat(problem.path("type").asString()).isEqualTo("/problems/" + code.wireName());
        assertThat(problem.path("title").asString()).isEqualTo(code.title());
        assertThat(problem.path("status").asInt()).isEqualTo(code.status());
        assertThat(problem.path("retryable").asBoolean()).isEqualTo(code.retryable());
        assertThat(problem.path("outcome").asString()).isIn("none", "committed", "unknown");
        assertThat(problem.path("detail").asString()).isNotEmpty();
        assertThat(problem.path("traceId").asString()).isNotEmpty();
        if (code.status() == 429 || code.status() == 503) {
            assertThat(answer.hasHeader("Retry-After")).isTrue();
        }
    }

    private static Answer useTheCursorOfADeletedTopic() {
        bus.put("/v1/topics/brief", "{\"partitions\":1}");
        String cursor = bus.get("/v1/topics/brief/records").json().path("next").asString();
        bus.delete("/v1/topics/brief");
        bus.put("/v1/topics/brief", "{\"partitions\":1}");
        return call("GET", "/v1/topics/brief/records?cursor=" + cursor, null);
    }

    private static Map<ProblemCode, Supplier<Answer>> ways() {
        Map<ProblemCode, Supplier<Answer>> ways = new EnumMap<>(ProblemCode.class);
        addRequests(ways);
        addNames(ways);
        addLimits(ways);
        addValues(ways);
        addGroups(ways);
        addFaults(ways);
        addRepeats(ways);
        return ways;
    }

    private static void addRequests(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(ProblemCode.MALFORMED_JSON, () -> json("PUT", "/v1/topics/x", "{"));
        ways.put(
                ProblemCode.WRONG_TYPE,
                () -> json("PUT", "/v1/topics/x", "{\"partitions\":\"many\"}"));
        ways.put(
                ProblemCode.DUPLICATE_FIELD,
                () -> json("PUT", "/v1/topics/x", "{\"partitions\":1,\"partitions\":2}"));
        ways.put(ProblemCode.MALFORMED_ENCODING, () -> call("GET", "/v1/topics/%zz", null));
        ways.put(ProblemCode.MALFORMED_REQUEST, () -> RawCall.send(bus.port(), "nonsense\r\n\r\n"));
        ways.put(
                ProblemCode.INVALID_PARAMETER,
                () -> call("GET", "/v1/topics/one/partitions/0/records?offset=abc", null));
        ways.put(
                ProblemCode.UNAUTHORIZED,
                () -> RawCall.send(guarded.port(), RawCall.request("GET", "/v1/topics", null)));
        ways.put(
                ProblemCode.FORBIDDEN,
                () ->
                        RawCall.send(
                                bus.port(),
                                "GET /v1/topics HTTP/1.1\r\nHost: evil.example\r\n"
                                        + "Connection: close\r\n\r\n"));
        ways.put(
                ProblemCode.EXPECTATION_FAILED,
                () -> call("POST", "/v1/topics/one", "1", "Expect: a-miracle"));
        ways.put(
                ProblemCode.NOT_IMPLEMENTED,
                () ->
                        RawCall.send(
                                bus.port(),
                                "POST /v1/topics/one HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Transfer-Encoding: compress\r\n\r\n"));
        ways.put(
                ProblemCode.UNSUPPORTED_HTTP_VERSION,
                () -> RawCall.send(bus.port(), "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"));
        ways.put(ProblemCode.METHOD_NOT_ALLOWED, () -> call("PUT", "/v1/topics/x/records", "{}"));
        ways.put(
                ProblemCode.NOT_ACCEPTABLE,
                () ->
                        call(
                                "GET",
                                "/v1/topics/one/partitions/0/records",
                                null,
                                "Accept: image/png"));
        ways.put(ProblemCode.EXPIRED, EveryProblemTest::useTheCursorOfADeletedTopic);
        ways.put(
                ProblemCode.BODY_TIMEOUT,
                () ->
                        RawCall.send(
                                bus.port(),
                                "POST /v1/topics/one HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Length: 10\r\n\r\nhalf"));
        ways.put(
                ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                () -> call("POST", "/v1/topics/one/records", "<a/>", "Content-Type: text/xml"));
        ways.put(
                ProblemCode.UNSUPPORTED_ENCODING,
                () -> call("POST", "/v1/topics/one", "x", "Content-Encoding: br"));
    }

    private static void addNames(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(ProblemCode.UNKNOWN_TOPIC, () -> call("GET", "/v1/topics/none", null));
        ways.put(
                ProblemCode.UNKNOWN_PARTITION,
                () -> call("GET", "/v1/topics/one/partitions/7/records", null));
        ways.put(ProblemCode.UNKNOWN_RECORD, EveryProblemTest::readOfACompactedRecord);
        ways.put(ProblemCode.UNKNOWN_GROUP, () -> call("GET", "/v1/groups/none", null));
        ways.put(
                ProblemCode.UNKNOWN_MEMBER,
                () -> {
                    join("members", "a", "");
                    return json(
                            "POST",
                            "/v1/groups/members/members/b/heartbeat",
                            "{\"memberEpoch\":1}");
                });
        ways.put(ProblemCode.NOT_FOUND, () -> call("GET", "/v2/anything", null));
        ways.put(
                ProblemCode.TOPIC_EXISTS,
                () -> json("PUT", "/v1/topics/one", "{\"partitions\":2}"));
        ways.put(ProblemCode.INVALID_NAME, () -> call("PUT", "/v1/topics/a%20b", null));
    }

    private static void addLimits(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(
                ProblemCode.RECORD_TOO_LARGE,
                () -> call("POST", "/v1/topics/one", "x".repeat((1 << 20) + 1)));
        ways.put(
                ProblemCode.BODY_TOO_LARGE,
                () ->
                        RawCall.send(
                                bus.port(),
                                "POST /v1/topics/one HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Connection: close\r\nContent-Length: 99999999\r\n\r\n"));
        ways.put(
                ProblemCode.BATCH_TOO_LARGE,
                () -> {
                    String records = "{\"value\":1},".repeat(1_000) + "{\"value\":1}";
                    return json(
                            "POST", "/v1/topics/one/records", "{\"records\":[" + records + "]}");
                });
        ways.put(
                ProblemCode.URI_TOO_LONG,
                () -> call("GET", "/v1/topics/" + "a".repeat(9 << 10), null));
        ways.put(
                ProblemCode.HEADERS_TOO_LARGE,
                () -> call("GET", "/v1/topics", null, "X-Long: " + "a".repeat(17 << 10)));
        ways.put(
                ProblemCode.OFFSET_OUT_OF_RANGE,
                () -> call("GET", "/v1/topics/one/partitions/0/records?offset=99", null));
        ways.put(
                ProblemCode.WAIT_TOO_LONG,
                () -> call("GET", "/v1/topics/one/partitions/0/records?wait=1h", null));
        ways.put(ProblemCode.TOO_MANY_PARKED, EveryProblemTest::parkTwo);
    }

    private static void addValues(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(
                ProblemCode.INVALID_VALUE,
                () -> call("GET", "/v1/topics/one/partitions/0/records?max=0", null));
        ways.put(
                ProblemCode.INVALID_BATCH,
                () ->
                        call(
                                "POST",
                                "/v1/topics/one/records?partition=0",
                                "not a batch",
                                "Content-Type: application/x-record-batch"));
        ways.put(ProblemCode.MISSING_FIELD, () -> json("POST", "/v1/topics/one/records", "{}"));
        ways.put(ProblemCode.UNKNOWN_FIELD, () -> json("PUT", "/v1/topics/x", "{\"colour\":1}"));
        ways.put(ProblemCode.UNKNOWN_PARAMETER, () -> call("GET", "/v1/topics?colour=red", null));
        ways.put(
                ProblemCode.INVALID_CONFIG,
                () -> json("PUT", "/v1/topics/x", "{\"config\":{\"no.such\":1}}"));
        ways.put(
                ProblemCode.NOT_ENOUGH_BROKERS,
                () -> json("PUT", "/v1/topics/x", "{\"replicationFactor\":3}"));
        ways.put(
                ProblemCode.WOULD_REMAP_KEYS,
                () -> json("PATCH", "/v1/topics/one", "{\"partitions\":2}"));
    }

    private static void addGroups(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(
                ProblemCode.OFFSET_BEYOND_LOG_END,
                () ->
                        json(
                                "POST",
                                "/v1/groups/beyond/offsets",
                                "{\"offsets\":[{\"topic\":\"one\",\"partition\":0,"
                                        + "\"nextOffset\":99}]}"));
        ways.put(
                ProblemCode.ASSIGNOR_MISMATCH,
                () -> {
                    join("assignors", "a", "&assignor=range");
                    return poll("assignors", "b", "&assignor=sticky");
                });
        ways.put(ProblemCode.STALE_MEMBER_EPOCH, EveryProblemTest::commitOfAFormerOwner);
        ways.put(
                ProblemCode.FENCED_INSTANCE,
                () -> {
                    join("instances", "a", "&instanceId=i");
                    join("instances", "b", "&instanceId=i");
                    return poll("instances", "a", "&instanceId=i");
                });
        ways.put(
                ProblemCode.GROUP_NOT_EMPTY,
                () -> {
                    join("busy", "a", "");
                    return call("DELETE", "/v1/groups/busy", null);
                });
        ways.put(
                ProblemCode.NO_COMMITTED_OFFSET, () -> poll("fresh", "a", "&autoOffsetReset=none"));
    }

    private static void addFaults(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(
                ProblemCode.DISK_FULL,
                () -> afterAFirst(Trouble.FULL, "full", () -> produce("full", "1", "")));
        ways.put(
                ProblemCode.INTERNAL,
                () -> during(Trouble.BUG, "bug", () -> produce("bug", "1", "")));
        ways.put(
                ProblemCode.OUTCOME_UNKNOWN,
                () ->
                        afterAFirst(
                                Trouble.FORCE_HANGS,
                                "slow",
                                () -> produce("slow", "1", "?timeout=100ms")));
        ways.put(ProblemCode.BACKPRESSURE, EveryProblemTest::fillUntilRefused);
        ways.put(
                ProblemCode.REPLICA_FENCED,
                () -> {
                    afterAFirst(Trouble.FORCE_FAILS, "fenced", () -> produce("fenced", "1", ""));
                    return produce("fenced", "2", "");
                });
        ways.put(ProblemCode.CORRUPT_RECORD, EveryProblemTest::readOfADamagedRecord);
        ways.put(
                ProblemCode.CONTROL_PLANE_FROZEN,
                () ->
                        during(
                                Trouble.FULL,
                                "coordinator",
                                () -> json("PUT", "/v1/topics/frozen", "{}")));
    }

    private static void addRepeats(Map<ProblemCode, Supplier<Answer>> ways) {
        ways.put(ProblemCode.OUT_OF_ORDER_SEQUENCE, () -> sequence(1, 5));
        ways.put(ProblemCode.FENCED_PRODUCER, () -> sequence(0, 1));
        ways.put(
                ProblemCode.IDEMPOTENCY_KEY_REUSED,
                () -> {
                    call("POST", "/v1/topics/one?key=k", "1", "Idempotency-Key: reused");
                    return call("POST", "/v1/topics/one?key=k", "2", "Idempotency-Key: reused");
                });
        ways.put(
                ProblemCode.IDEMPOTENCY_KEY_IN_PROGRESS,
                () ->
                        afterAFirst(
                                Trouble.FORCE_HANGS, "twice", EveryProblemTest::whileTheFirstRuns));
    }

    /** As the second batch of a producer in its epoch 1. */
    private static Answer sequence(int epoch, int sequence) {
        batchOf(KafkaBatches.sequenced(7, 1, 0, KafkaBatches.record("a", "1")));
        return batchOf(KafkaBatches.sequenced(7, epoch, sequence, KafkaBatches.record("a", "1")));
    }

    private static Answer batchOf(byte[] batch) {
        String head =
                "POST /v1/topics/one/records?partition=0 HTTP/1.1\r\nHost: localhost\r\n"
                        + "Connection: close\r\nContent-Type: application/x-record-batch\r\n"
                        + "Content-Length: "
                        + batch.length
                        + "\r\n\r\n";
        return RawCall.send(
                bus.port(),
                KafkaBatches.join(
                        head.getBytes(java.nio.charset.StandardCharsets.US_ASCII), batch));
    }

    /** Of two at the same time one finds the other; which one, nothing tells from outside. */
    private static Answer whileTheFirstRuns() {
        Answer refused = null;
        while (refused == null) {
            List<CompletableFuture<Answer>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(
                        CompletableFuture.supplyAsync(
                                () ->
                                        call(
                                                "POST",
                                                "/v1/topics/twice?timeout=200ms",
                                                "1",
                                                "Idempotency-Key: k")));
            }
            for (CompletableFuture<Answer> one : both) {
                refused = one.join().status() == 409 ? one.join() : refused;
            }
        }
        assertThat(refused.hasHeader("Retry-After")).isTrue();
        return refused;
    }

    /** On the bus that nothing else is asked of, for one that waits keeps all others out. */
    private static Answer parkTwo() {
        guardedCall("PUT", "/v1/topics/one", "{\"partitions\":1}");
        String path = "/v1/topics/one/partitions/0/records";
        CompletableFuture<Answer> first =
                CompletableFuture.supplyAsync(() -> guardedCall("GET", path + "?wait=5s", null));
        // Nothing tells from outside when the first is parked, so ask until it is.
        Answer second = guardedCall("GET", path, null);
        while (second.status() == 200 && !first.isDone()) {
            second = guardedCall("GET", path, null);
        }
        return second;
    }

    private static Answer guardedCall(String method, String path, String body) {
        return RawCall.send(
                guarded.port(),
                RawCall.request(
                        method,
                        path,
                        body,
                        "Content-Type: application/json",
                        "Authorization: Bearer " + TOKEN));
    }

    private static Answer commitOfAFormerOwner() {
        JsonNode first = join("stale", "a", "").json();
        call("DELETE", "/v1/groups/stale/members/a", null);
        join("stale", "b", "");
        String batch = first.path("batch").asString();
        return poll("stale", "a", "&ack=" + batch);
    }

    private static Answer readOfACompactedRecord() {
        bus.put(
                "/v1/topics/compacted",
                "{\"partitions\":1,\"config\":{\"cleanup.policy\":\"compact\","
                        + "\"segment.bytes\":16384}}");
        for (int i = 0; i < 20; i++) {
            produce("compacted", "x".repeat(1_000), "?key=k");
        }
        PartitionLeader leader = bus.bean(Partitions.class).leader("compacted", 0);
        // By the keeper of the logs, if it was here before.
        leader.log().clean(leader.highWatermark().offset(), () -> false);
        return call("GET", "/v1/topics/compacted/partitions/0/records/0", null);
    }

    private static Answer readOfADamagedRecord() {
        bus.put("/v1/topics/damaged", "{\"partitions\":1}");
        produce("damaged", "1", "");
        try (Stream<Path> folders = Files.list(data.resolve("logs"))) {
            Path folder =
                    folders.filter(f -> f.getFileName().toString().startsWith("damaged-"))
                            .findFirst()
                            .orElseThrow();
            Path log = folder.resolve("00000000000000000000.log");
            byte[] bytes = Files.readAllBytes(log);
            bytes[bytes.length - 1] ^= 1;
            Files.write(log, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return call("GET", "/v1/topics/damaged/partitions/0/records/0", null);
    }

    private static Answer fillUntilRefused() {
        String megabyte = "x".repeat(1 << 20);
        List<Answer> refused = new ArrayList<>();
        afterAFirst(
                Trouble.FORCE_HANGS,
                "pressed",
                () -> {
                    for (int i = 0; i < 80 && refused.isEmpty(); i++) {
                        Answer answer = produce("pressed", megabyte, "?acks=1");
                        if (answer.status() != 201) {
                            refused.add(answer);
                        }
                    }
                    return null;
                });
        return refused.get(0);
    }

    private static Answer during(Trouble trouble, String where, Supplier<Answer> call) {
        bus.put("/v1/topics/" + where, "{\"partitions\":1}");
        disk.trouble(trouble, where);
        try {
            return call.get();
        } finally {
            disk.trouble(Trouble.NONE, "");
        }
    }

    /** The first record of an epoch forces more than its log. */
    private static Answer afterAFirst(Trouble trouble, String where, Supplier<Answer> call) {
        bus.put("/v1/topics/" + where, "{\"partitions\":1}");
        produce(where, "0", "");
        return during(trouble, where, call);
    }

    private static Answer produce(String topic, String value, String query) {
        return call("POST", "/v1/topics/" + topic + query, value);
    }

    private static Answer join(String group, String member, String more) {
        Answer joined = poll(group, member, more);
        assertThat(joined.status()).as(joined.body()).isEqualTo(200);
        return joined;
    }

    private static Answer poll(String group, String member, String more) {
        return call(
                "POST",
                "/v1/groups/"
                        + group
                        + "/members/"
                        + member
                        + "/poll?topics=one&wait=0s&autoCommit=false"
                        + more,
                null);
    }

    private static Answer json(String method, String path, String body) {
        return call(method, path, body, "Content-Type: application/json");
    }

    private static Answer call(String method, String path, String body, String... headers) {
        return RawCall.send(bus.port(), RawCall.request(method, path, body, headers));
    }
}
