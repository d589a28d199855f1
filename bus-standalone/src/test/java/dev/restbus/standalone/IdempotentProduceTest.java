package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.standalone.RunningBus.Reply;
import dev.restbus.standalone.TroubledDisk.Trouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Idempotency-Key over HTTP: a request and its repeats are one. */
@Timeout(180)
class IdempotentProduceTest {

    private static final long SEED = Long.getLong("restbus.seed", 20);
    private static final String MANY =
            "{\"records\":[{\"value\":1},{\"key\":\"a\",\"value\":2},{\"value\":3},"
                    + "{\"partition\":2,\"value\":4},{\"value\":5}]}";

    @TempDir Path folders;

    private Path data;
    private RunningBus bus;

    @BeforeEach
    void start() {
        data = folders.resolve("0");
        open();
    }

    private void open() {
        bus =
                RunningBus.start(
                        new Class<?>[] {StandaloneApplication.class, TroubledDisk.Wiring.class},
                        data);
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
        assertThat(LogCheck.check(new FileDisk(), data).findings()).isEmpty();
    }

    private Reply keyed(String path, String body, String key, String... headers) {
        List<String> all = new ArrayList<>(List.of("Idempotency-Key", key));
        all.addAll(List.of(headers));
        return bus.post(path, body, all.toArray(String[]::new));
    }

    private static void assertReplays(Reply first, Reply again) {
        assertThat(first.status()).as(first.body()).isEqualTo(201);
        assertThat(first.header("Idempotent-Replayed")).isEmpty();
        assertThat(again.status()).as(again.body()).isEqualTo(201);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
    }

    private Map<String, Integer> valuesOf(String topic) {
        Map<String, Integer> counts = new TreeMap<>();
        int partitions = bus.get("/v1/topics/" + topic).json().path("partitions").size();
        for (int p = 0; p < partitions; p++) {
            long next = 0;
            long end = -1;
            while (next != end) {
                JsonNode page =
                        bus.get(
                                        "/v1/topics/"
                                                + topic
                                                + "/partitions/"
                                                + p
                                                + "/records?offset="
                                                + next)
                                .json();
                for (JsonNode record : page.path("records")) {
                    JsonNode value = record.path("value");
                    counts.merge(
                            value.isString() ? value.asString() : value.toString(),
                            1,
                            Integer::sum);
                    assertThat(record.path("headers").isEmpty()).isTrue();
                }
                end = page.path("highWatermark").asLong();
                next = page.path("nextOffset").asLong();
            }
        }
        return counts;
    }

    @Test
    void aRepeatOfOneRecordHasTheFirstAnswer() {
        for (String query : List.of("", "?key=k", "?partition=1", "?acks=1")) {
            String key = "one" + query.replace("?", "-");
            Reply first = keyed("/v1/topics/t" + query, "{\"a\":1}", key);
            assertReplays(first, keyed("/v1/topics/t" + query, "{\"a\":1}", key));
        }
        // What acks=1 left is read once it is forced, which a repeat with acks=all waits for.
        keyed("/v1/topics/t", "{\"a\":1}", "one-acks=1");
        assertThat(valuesOf("t")).containsExactly(Map.entry("{\"a\":1}", 4));
    }

    @Test
    void aRepeatMayAskForAnotherConfirmation() {
        Reply first = keyed("/v1/topics/t?acks=1", "1", "k");
        assertReplays(first, keyed("/v1/topics/t?acks=all&timeout=9s", "1", "k"));
        Reply none = keyed("/v1/topics/t?acks=0", "1", "k");
        assertThat(none.status()).isEqualTo(202);
        assertThat(none.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(valuesOf("t")).containsExactly(Map.entry("1", 1));
    }

    @Test
    void unkeyedRecordsGoRoundFromTheHashOfTheKeyAndARepeatFindsThemAll() {
        String json = "application/json";
        Reply first = keyed("/v1/topics/t/records", MANY, "k-1", "Content-Type", json);
        assertReplays(first, keyed("/v1/topics/t/records", MANY, "k-1", "Content-Type", json));
        Reply minimal =
                keyed(
                        "/v1/topics/t/records",
                        MANY,
                        "k-1",
                        "Content-Type",
                        json,
                        "Prefer",
                        "return=minimal");
        assertThat(minimal.json().path("partitions").size()).isEqualTo(3);
        JsonNode records = first.json().path("records");
        int one = records.get(0).path("partition").asInt();
        assertThat(one)
                .isEqualTo(
                        (dev.restbus.api.KeyHash.murmur2("k-1".getBytes(), 0, 3)
                                        & Integer.MAX_VALUE)
                                % 3);
        assertThat(records.get(2).path("partition").asInt()).isEqualTo((one + 1) % 3);
        assertThat(records.get(4).path("partition").asInt()).isEqualTo((one + 2) % 3);
        assertThat(valuesOf("t")).isEqualTo(Map.of("1", 1, "2", 1, "3", 1, "4", 1, "5", 1));
    }

    @Test
    void aRepeatGoesToThePartitionsThatThereWereAtFirst() {
        Reply first = keyed("/v1/topics/t/records", MANY, "k");
        assertThat(bus.patch("/v1/topics/t", "{\"partitions\":7,\"acceptKeyRemap\":true}").status())
                .isEqualTo(200);
        assertReplays(first, keyed("/v1/topics/t/records", MANY, "k"));
    }

    @Test
    void eventsAreRequestsLikeOthers() {
        String event = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}";
        String[] structured = {"Content-Type", "application/cloudevents+json"};
        assertReplays(
                keyed("/v1/topics/e", event, "s", structured),
                keyed("/v1/topics/e", event, "s", structured));
        String[] batch = {"Content-Type", "application/cloudevents-batch+json"};
        String two = "[" + event + "," + event + "]";
        assertReplays(
                keyed("/v1/topics/e", two, "b", batch), keyed("/v1/topics/e", two, "b", batch));
        String[] binary = {
            "ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t"
        };
        assertReplays(
                keyed("/v1/topics/e", "1", "h", binary), keyed("/v1/topics/e", "1", "h", binary));
        binary[3] = "2";
        assertThat(keyed("/v1/topics/e", "1", "h", binary).code())
                .isEqualTo("idempotency-key-reused");
    }

    @Test
    void anotherRequestWithTheKeyIsRefusedAndStoresNothing() {
        keyed("/v1/topics/t?key=a", "1", "k");
        for (Reply other :
                List.of(
                        keyed("/v1/topics/t?key=a", "2", "k"),
                        keyed("/v1/topics/t?key=b", "1", "k"),
                        keyed("/v1/topics/t?partition=0", "1", "k"),
                        keyed("/v1/topics/t?key=a", "1", "k", "Bus-Header-x", "y"),
                        keyed("/v1/topics/t?key=a", "1", "k", "Content-Type", "text/plain"),
                        keyed("/v1/topics/t/records", "{\"records\":[{\"value\":1}]}", "k"))) {
            assertThat(other.status()).as(other.body()).isEqualTo(422);
            assertThat(other.code()).isEqualTo("idempotency-key-reused");
        }
        assertThat(keyed("/v1/topics/other?key=a", "2", "k").status()).isEqualTo(201);
        assertThat(valuesOf("t")).containsExactly(Map.entry("1", 1));
    }

    @Test
    void aKeyIsVisibleAsciiAndWhatCannotHaveOneRefusesIt() {
        assertThat(keyed("/v1/topics/t", "1", "k".repeat(255)).status()).isEqualTo(201);
        for (String bad : List.of("", "a b", "k".repeat(256))) {
            Reply reply = keyed("/v1/topics/t", "1", bad);
            assertThat(reply.status()).as(bad).isEqualTo(422);
            assertThat(reply.code()).isEqualTo("invalid-value");
        }
        Reply twice = keyed("/v1/topics/t", "1", "k", "Idempotency-Key", "l");
        assertThat(twice.code()).isEqualTo("invalid-value");
        Reply lines =
                keyed(
                        "/v1/topics/t/records",
                        "{\"value\":1}",
                        "k",
                        "Content-Type",
                        "application/x-ndjson");
        assertThat(lines.code()).isEqualTo("invalid-value");
        Reply batch =
                keyed(
                        "/v1/topics/t/records?partition=0",
                        "x",
                        "k",
                        "Content-Type",
                        "application/x-record-batch");
        assertThat(batch.code()).isEqualTo("invalid-value");
        assertThat(valuesOf("t")).containsExactly(Map.entry("1", 1));
    }

    @Test
    void aRequestThatIsRefusedLeavesItsKeyFree() {
        bus.put("/v1/topics/t", "{\"partitions\":3}");
        assertThat(keyed("/v1/topics/t/records", "{\"records\":[{}]}", "k").status())
                .isEqualTo(422);
        assertReplays(keyed("/v1/topics/t", "1", "k"), keyed("/v1/topics/t", "1", "k"));
    }

    @Test
    void aRepeatWritesOnlyWhatIsMissing() {
        bus.put("/v1/topics/shares", "{\"partitions\":3}");
        TroubledDisk disk = (TroubledDisk) bus.bean(dev.restbus.broker.log.Disk.class);
        bus.post("/v1/topics/shares?partition=1", "0");
        disk.trouble(Trouble.FULL, "shares-1.");
        Reply first = keyed("/v1/topics/shares/records", MANY, "k");
        disk.trouble(Trouble.NONE, "");
        assertThat(first.status()).as(first.body()).isEqualTo(207);
        Reply again = keyed("/v1/topics/shares/records", MANY, "k");
        assertThat(again.status()).as(again.body()).isEqualTo(201);
        assertThat(again.header("Idempotent-Replayed")).isEmpty();
        Reply third = keyed("/v1/topics/shares/records", MANY, "k");
        assertThat(third.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(third.body()).isEqualTo(again.body());
        assertThat(valuesOf("shares"))
                .isEqualTo(Map.of("0", 1, "1", 1, "2", 1, "3", 1, "4", 1, "5", 1));
    }

    @Test
    void aKeyOutlivesARestartAndACrash() throws IOException {
        Reply one = keyed("/v1/topics/t", "1", "one");
        Reply many = keyed("/v1/topics/t/records", MANY, "many");
        crash();
        assertReplays(one, keyed("/v1/topics/t", "1", "one"));
        bus.close();
        open();
        assertReplays(many, keyed("/v1/topics/t/records", MANY, "many"));
        assertThat(keyed("/v1/topics/t", "2", "one").code()).isEqualTo("idempotency-key-reused");
    }

    /** Goes on with a copy of the files as they were while the process ran. */
    private void crash() throws IOException {
        Path copy =
                folders.resolve(
                        Integer.toString(1 + Integer.parseInt(data.getFileName().toString())));
        try (Stream<Path> all = Files.walk(data)) {
            for (Path from : (Iterable<Path>) all::iterator) {
                Path to = copy.resolve(data.relativize(from).toString());
                if (Files.isDirectory(from)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(from, to);
                }
            }
        }
        bus.close();
        data = copy;
        open();
    }

    @Test
    void withEveryFifthSentAgainOnConnectionsOfTheirOwnEachRecordIsThereOnce() throws Exception {
        System.out.println("seed " + SEED);
        bus.put("/v1/topics/load", "{\"partitions\":3}");
        Random random = new Random(SEED);
        List<String> values = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String value = round + "-" + i;
                values.add(value);
                sent.add(value);
                if (random.nextInt(5) == 0) {
                    sent.add(value);
                }
            }
            sendAll(sent, random.nextLong());
            if (round == 0) {
                crash();
            } else {
                bus.close();
                open();
            }
            sendAll(sent.subList(0, 20), random.nextLong());
        }
        Map<String, Integer> counts = valuesOf("load");
        assertThat(counts).hasSize(values.size());
        assertThat(counts.keySet()).containsAll(values);
        assertThat(counts.values()).containsOnly(1);
    }

    private void sendAll(List<String> values, long seed) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(8);
        Random random = new Random(seed);
        List<CompletableFuture<Void>> sent = new ArrayList<>();
        for (String value : values) {
            String acks = List.of("0", "1", "all").get(random.nextInt(3));
            sent.add(CompletableFuture.runAsync(() -> sendUntilTaken(value, acks), clients));
        }
        for (CompletableFuture<Void> one : sent) {
            one.get();
        }
        clients.shutdown();
        // A repeat of what acks=0 and acks=1 left waits until it is forced.
        for (String value : values) {
            sendUntilTaken(value, "all");
        }
    }

    /** As a client does: the same request until it is answered. */
    private void sendUntilTaken(String value, String acks) {
        Reply reply = keyed("/v1/topics/load?acks=" + acks, '"' + value + '"', value);
        while (reply.status() == 409) {
            assertThat(reply.code()).isEqualTo("idempotency-key-in-progress");
            assertThat(reply.header("Retry-After")).isEqualTo("1");
            reply = keyed("/v1/topics/load?acks=" + acks, '"' + value + '"', value);
        }
        assertThat(reply.status()).as(reply.body()).isIn(201, 202);
    }
}
