package dev.restbus.standalone;

import static dev.restbus.standalone.KafkaBatches.batch;
import static dev.restbus.standalone.KafkaBatches.join;
import static dev.restbus.standalone.KafkaBatches.plain;
import static dev.restbus.standalone.KafkaBatches.record;
import static dev.restbus.standalone.KafkaBatches.sealed;
import static dev.restbus.standalone.KafkaBatches.withAttributes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.Acks;
import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.publish.Publisher;
import dev.restbus.standalone.ByteCalls.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Record batches over HTTP, made and read by Kafka's classes. */
class BinaryRecordsTest {

    private static final String TYPE = "application/x-record-batch";
    private static final byte[] NONE = null;
    private static final long SEED = Long.getLong("restbus.seed", 4711);

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
        bus.put("/v1/topics/" + name, "{\"partitions\":2}");
        return name;
    }

    private static Reply produce(String topic, byte[] body, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Content-Type";
        all[headers.length + 1] = TYPE;
        return calls.post("/v1/topics/" + topic + "/records?partition=0", body, all);
    }

    private static Reply read(String topic, String query) {
        return calls.get(records(topic) + query, "Accept", TYPE);
    }

    private static String records(String topic) {
        return "/v1/topics/" + topic + "/partitions/0/records";
    }

    private static long logEnd(String topic) {
        JsonNode partition = bus.get("/v1/topics/" + topic).json().path("partitions").get(0);
        return partition.path("logEndOffset").asLong();
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"NONE", "GZIP", "LZ4", "ZSTD"})
    void whatKafkaFramesComesBackByteForByteAndIsReadInEveryOtherWay(CompressionType type) {
        String topic = topic("round-" + type.name);
        bus.post("/v1/topics/" + topic + "?partition=0", "{\"before\":1}");
        byte[] one = batch(type, record("a", "{\"n\":1}"), record(null, "2"), record("c", null));
        byte[] two = withAttributes(batch(type, record("d", "[4]")), RecordBatch.JSON_VALUES);

        Reply stored = produce(topic, join(one, two));
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        assertThat(stored.text())
                .isEqualTo(
                        "{\"records\":[{\"partition\":0,\"offset\":1},"
                                + "{\"partition\":0,\"offset\":2},{\"partition\":0,\"offset\":3},"
                                + "{\"partition\":0,\"offset\":4}]}");

        Reply read = read(topic, "?offset=1");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("Content-Type")).isEqualTo(TYPE);
        assertThat(read.header("Bus-Next-Offset")).isEqualTo("5");
        assertThat(read.header("Bus-High-Watermark")).isEqualTo("5");
        assertThat(read.header("Bus-Log-Start-Offset")).isEqualTo("0");
        assertThat(KafkaBatches.read(read.body()))
                .containsExactly("1 a={\"n\":1}", "2 null=2", "3 c=null", "4 d=[4]");
        byte[] first = Arrays.copyOf(read.body(), one.length);
        byte[] second = Arrays.copyOfRange(read.body(), one.length, read.body().length);
        assertThat(KafkaBatches.asSent(first)).isEqualTo(KafkaBatches.asSent(one));
        assertThat(KafkaBatches.asSent(second)).isEqualTo(KafkaBatches.asSent(two));
        assertThat(RecordBatch.baseOffset(second, 0)).isEqualTo(4);
        assertThat(RecordBatch.leaderEpoch(second, 0)).isPositive();

        JsonNode json = calls.get(records(topic) + "?offset=2").json();
        assertThat(json.path("records").size()).isEqualTo(3);
        assertThat(json.path("records").get(0).path("valueBase64").asString()).isEqualTo("Mg==");
        assertThat(json.path("records").get(1).path("value").isNull()).isTrue();
        assertThat(json.path("records").get(2).path("value")).hasToString("[4]");
        assertThat(json.path("nextOffset").asLong()).isEqualTo(5);

        Reply raw = calls.get(records(topic) + "/1");
        assertThat(raw.text()).isEqualTo("{\"n\":1}");
        assertThat(raw.header("Bus-Key")).isEqualTo("a");
        JsonNode polled =
                bus.post(
                                "/v1/groups/g-"
                                        + type.name
                                        + "/members/m/poll?wait=5s&topics="
                                        + topic,
                                null)
                        .json();
        assertThat(polled.path("records").size()).isEqualTo(5);
        assertThat(polled.path("records").get(4).path("value")).hasToString("[4]");
    }

    @Test
    void aReadBeginsWithTheBatchThatHoldsTheOffsetAndAnEmptyOneHasNoBody() {
        String topic = topic("where");
        for (int i = 0; i < 3; i++) {
            produce(topic, plain(record("k", "a" + i), record("k", "b" + i)));
        }
        assertThat(KafkaBatches.read(read(topic, "?offset=3").body()))
                .containsExactly("2 k=a1", "3 k=b1", "4 k=a2", "5 k=b2");
        Reply limited = read(topic, "?offset=1&max=1");
        assertThat(KafkaBatches.read(limited.body())).containsExactly("0 k=a0", "1 k=b0");
        assertThat(limited.header("Bus-Next-Offset")).isEqualTo("2");
        Reply small = read(topic, "?maxBytes=1");
        assertThat(KafkaBatches.read(small.body())).containsExactly("0 k=a0", "1 k=b0");
        Reply empty = read(topic, "?offset=6");
        assertThat(empty.status()).isEqualTo(200);
        assertThat(empty.body()).isEmpty();
        assertThat(empty.header("Bus-Next-Offset")).isEqualTo("6");
        assertThat(read(topic, "?offset=7").code()).isEqualTo("offset-out-of-range");
        assertThat(calls.get(records(topic), "Accept", "application/json, " + TYPE).text())
                .startsWith("{\"records\":[");
    }

    @Test
    void whatTheBusMadeItselfIsReadByKafkaToo() {
        String topic = topic("ours");
        bus.post("/v1/topics/" + topic + "?partition=0&key=k", "{\"a\":1}");
        bus.post("/v1/topics/" + topic + "?partition=0", "hello");
        assertThat(KafkaBatches.read(read(topic, "").body()))
                .containsExactly("0 k={\"a\":1}", "1 null=hello");
    }

    @Test
    void theAnswerCanBeMinimalOrNone() {
        String topic = topic("short");
        byte[] body = plain(record("a", "1"), record("b", "2"));
        Reply minimal = produce(topic, body, "Prefer", "return=minimal");
        assertThat(minimal.text())
                .isEqualTo("{\"partitions\":[{\"partition\":0,\"baseOffset\":0,\"count\":2}]}");
        assertThat(minimal.header("Preference-Applied")).isEqualTo("return=minimal");
        Reply none =
                calls.post(
                        "/v1/topics/" + topic + "/records?partition=0&acks=0",
                        body,
                        "Content-Type",
                        TYPE);
        assertThat(none.status()).isEqualTo(202);
        assertThat(none.body()).isEmpty();
        assertThat(produce(topic, body).status()).isEqualTo(201);
        assertThat(logEnd(topic)).isEqualTo(6);
    }

    @Test
    void thePartitionIsNamedAndThereAndNothingIsCreatedForABatchThatIsNotValid() {
        byte[] body = plain(record("a", "1"));
        Reply missing = calls.post("/v1/topics/new/records", body, "Content-Type", TYPE);
        assertThat(missing.status()).isEqualTo(422);
        assertThat(missing.code()).isEqualTo("missing-field");
        assertThat(missing.pointer()).isEqualTo("partition");
        Reply beyond = calls.post("/v1/topics/new/records?partition=3", body, "Content-Type", TYPE);
        assertThat(beyond.code()).isEqualTo("unknown-partition");
        assertThat(produce("new", Arrays.copyOf(body, 20)).code()).isEqualTo("invalid-batch");
        assertThat(bus.get("/v1/topics/new").status()).isEqualTo(404);
        assertThat(produce("new", body).status()).isEqualTo(201);
        assertThat(bus.get("/v1/topics/new").json().path("partitions").size()).isEqualTo(3);
        Reply other =
                calls.post(
                        "/v1/topics/new/records?partition=0",
                        "{\"records\":[{\"value\":1}]}".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json");
        assertThat(other.code()).isEqualTo("unknown-parameter");
    }

    @Test
    void aCompactedTopicTakesOnlyRecordsWithAKey() {
        bus.put(
                "/v1/topics/by-key",
                "{\"partitions\":1,\"config\":{\"cleanup.policy\":\"compact\"}}");
        Reply refused = produce("by-key", plain(record("a", "1"), record(null, "2")));
        assertThat(refused.code()).isEqualTo("missing-field");
        assertThat(refused.pointer()).isEqualTo("/batches/0/records/1/key");
        assertThat(logEnd("by-key")).isZero();
        assertThat(produce("by-key", plain(record("a", "1"))).status()).isEqualTo(201);
    }

    @TestFactory
    Stream<DynamicTest> batchesThatAreRefused() {
        byte[] good = plain(record("a", "1"), record("b", "2"));
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("nothing", new byte[0]);
        bad.put("half a header", Arrays.copyOf(good, 30));
        bad.put("a cut batch", Arrays.copyOf(good, good.length - 1));
        bad.put("bytes behind", join(good, new byte[] {0}));
        bad.put("a second one that is cut", join(good, Arrays.copyOf(good, good.length - 1)));
        bad.put(
                "magic 1",
                KafkaBatches.bytes(
                        MemoryRecords.withRecords(
                                org.apache.kafka.common.record.internal.RecordBatch.MAGIC_VALUE_V1,
                                Compression.NONE,
                                record("a", "1"))));
        byte[] crc = good.clone();
        crc[RecordBatch.CRC_AT] ^= 1;
        bad.put("a wrong CRC", crc);
        bad.put("snappy", batch(CompressionType.SNAPPY, record("a", "1")));
        bad.put("compression 5", withAttributes(good, 5));
        bad.put("log append time", withAttributes(good, RecordBatch.LOG_APPEND_TIME));
        bad.put("a delete horizon", withAttributes(good, 1 << 6));
        bad.put("the top bit", withAttributes(good, 1 << 15));
        bad.put("transactional", transactional());
        bad.put("control", control());
        bad.put("a sequence without an epoch", withoutEpoch(idempotent()));
        bad.put("two batches, one with a sequence", join(good, idempotent()));
        bad.put("fewer records than said", withCount(good, 3));
        bad.put("more records than said", withCount(good, 1));
        bad.put("no records", withCount(good, 0));
        bad.put("a negative count", withCount(good, -1));
        bad.put("a gap in the offsets", withLastDelta(withCount(good, 2), 2));
        bad.put("a newer time than any record", withMaxTimestamp(good, 1_700_000_000_001L));
        bad.put("no timestamp", plain(new SimpleRecord(-1L, null, "v".getBytes())));
        bad.put("one of two JSON values", marked("{\"a\":1}", "{\"a\":"));
        bad.put("a JSON value with a member twice", marked("{\"a\":1,\"a\":2}"));
        bad.put("an empty value marked JSON", marked(""));
        bad.put("a typed value that is not JSON", typed("application/json", "{"));
        bad.put("one of another JSON type", typed("application/x+json;v=1", "nope"));
        bad.put("not gzip", withAttributes(good, 1));
        bad.put("not lz4", withAttributes(good, 3));
        bad.put("not zstd", withAttributes(good, 4));
        bad.put("65 headers", plain(new SimpleRecord(1L, NONE, NONE, headers(65, 1))));
        bad.put("headers of 17 KiB", plain(new SimpleRecord(1L, NONE, NONE, headers(17, 1024))));
        String topic = topic("refused");
        return bad.entrySet().stream()
                .map(
                        entry ->
                                DynamicTest.dynamicTest(
                                        entry.getKey(),
                                        () -> {
                                            Reply reply = produce(topic, entry.getValue());
                                            assertThat(reply.status())
                                                    .as(reply.text())
                                                    .isEqualTo(422);
                                            assertThat(reply.code()).isEqualTo("invalid-batch");
                                            assertThat(logEnd(topic)).isZero();
                                        }));
    }

    private static byte[] transactional() {
        return KafkaBatches.bytes(
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE, 7L, (short) 0, 0, record("a", "1")));
    }

    private static byte[] idempotent() {
        return KafkaBatches.bytes(
                MemoryRecords.withIdempotentRecords(
                        Compression.NONE, 7L, (short) 0, 0, record("a", "1")));
    }

    private static byte[] withoutEpoch(byte[] batch) {
        Bytes.putShort(batch, RecordBatch.PRODUCER_EPOCH_AT, (short) -1);
        return sealed(batch);
    }

    private static byte[] control() {
        return KafkaBatches.bytes(
                MemoryRecords.withEndTransactionMarker(
                        7L, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 0)));
    }

    private static byte[] withCount(byte[] batch, int count) {
        byte[] changed = batch.clone();
        Bytes.putInt(changed, RecordBatch.RECORD_COUNT_AT, count);
        return withLastDelta(changed, count - 1);
    }

    private static byte[] withLastDelta(byte[] batch, int delta) {
        byte[] changed = batch.clone();
        Bytes.putInt(changed, RecordBatch.LAST_OFFSET_DELTA_AT, delta);
        return sealed(changed);
    }

    private static byte[] withMaxTimestamp(byte[] batch, long timestampMs) {
        byte[] changed = batch.clone();
        Bytes.putLong(changed, RecordBatch.MAX_TIMESTAMP_AT, timestampMs);
        return sealed(changed);
    }

    private static byte[] marked(String... values) {
        SimpleRecord[] records =
                Stream.of(values).map(v -> record("k", v)).toArray(SimpleRecord[]::new);
        return withAttributes(plain(records), RecordBatch.JSON_VALUES);
    }

    private static byte[] typed(String contentType, String value) {
        Header[] headers = {new RecordHeader("content-type", contentType.getBytes())};
        return plain(new SimpleRecord(1L, null, value.getBytes(), headers));
    }

    private static Header[] headers(int count, int valueBytes) {
        Header[] headers = new Header[count];
        for (int i = 0; i < count; i++) {
            headers[i] = new RecordHeader("h" + i, new byte[valueBytes]);
        }
        return headers;
    }

    @Test
    void theProblemNamesTheRecord() {
        String topic = topic("pointers");
        byte[] good = plain(record("a", "1"));
        Reply reply = produce(topic, join(good, marked("1", "2", "x")));
        assertThat(reply.pointer()).isEqualTo("/batches/1/records/2/value");
        assertThat(logEnd(topic)).isZero();
    }

    @Test
    void whatIsTooLargeIs413() {
        String topic = "limits";
        bus.put("/v1/topics/limits", "{\"partitions\":1,\"config\":{\"max.message.bytes\":1000}}");
        byte[] fits = plain(new SimpleRecord(1L, null, new byte[800]));
        assertThat(produce(topic, fits).status()).isEqualTo(201);
        byte[] over = plain(new SimpleRecord(1L, null, new byte[1000]));
        assertTooLarge(produce(topic, join(fits, over)), "record-too-large");
        byte[] value =
                batch(CompressionType.GZIP, new SimpleRecord(1L, null, new byte[(1 << 20) + 1]));
        assertTooLarge(produce(topic, value), "record-too-large");
        byte[] key = batch(CompressionType.GZIP, new SimpleRecord(1L, new byte[4097], null));
        assertTooLarge(produce(topic, key), "record-too-large");
        byte[] bomb = batch(CompressionType.ZSTD, new SimpleRecord(1L, null, new byte[20 << 20]));
        assertTooLarge(produce(topic, bomb), "body-too-large");
        byte[] mebibyte =
                batch(CompressionType.ZSTD, new SimpleRecord(1L, null, new byte[(1 << 20) - 99]));
        byte[][] many = new byte[17][];
        Arrays.fill(many, mebibyte);
        assertTooLarge(produce(topic, join(many)), "body-too-large");
        assertThat(logEnd(topic)).isEqualTo(1);
    }

    private static void assertTooLarge(Reply reply, String code) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(413);
        assertThat(reply.code()).isEqualTo(code);
    }

    @Test
    void manySmallRecordsAreOneBatchUpToAHundredThousand() {
        String topic = topic("many");
        SimpleRecord[] records = new SimpleRecord[100_001];
        Arrays.fill(records, new SimpleRecord(1L, null, new byte[0]));
        assertTooLarge(produce(topic, plain(records)), "batch-too-large");
        Reply stored = produce(topic, plain(Arrays.copyOf(records, 100_000)));
        assertThat(stored.status()).isEqualTo(201);
        assertThat(stored.json().path("records").size()).isEqualTo(100_000);
        assertThat(stored.json().path("records").get(99_999).path("offset").asInt())
                .isEqualTo(99_999);
    }

    @Test
    void aReadAsJsonCountsUnpackedBytes() {
        String topic = topic("unpacked");
        SimpleRecord[] records = new SimpleRecord[40];
        Arrays.fill(records, record("k", "x".repeat(10_000)));
        byte[] body = batch(CompressionType.ZSTD, records);
        assertThat(body.length).isLessThan(2_000);
        produce(topic, join(body, body));
        List<Integer> counts = new ArrayList<>();
        long offset = 0;
        while (offset < 80) {
            JsonNode page = calls.get(records(topic) + "?maxBytes=100000&offset=" + offset).json();
            counts.add(page.path("records").size());
            assertThat(page.path("records").get(0).path("offset").asLong()).isEqualTo(offset);
            offset = page.path("nextOffset").asLong();
        }
        assertThat(counts).containsExactly(9, 9, 9, 9, 9, 9, 9, 9, 8);
        assertThat(calls.get(records(topic) + "?maxBytes=1").json().path("records").size())
                .isEqualTo(1);
    }

    /** Past the door, as from a replica with other rules. */
    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"SNAPPY", "GZIP", "LZ4", "ZSTD"})
    void aStoredBatchThatCannotBeUnpackedIsACorruptRecordInEveryRead(CompressionType type) {
        String topic = topic("bomb-" + type.name);
        bus.post("/v1/topics/" + topic + "?partition=0", "1");
        byte[] bomb = batch(type, new SimpleRecord(1L, null, new byte[20 << 20]));
        Publisher publisher = bus.bean(Publisher.class);
        assertThat(
                        publisher.publish(
                                publisher.topic(topic),
                                0,
                                List.of(Slice.of(bomb)),
                                Acks.ALL,
                                9_000))
                .succeedsWithin(Duration.ofSeconds(10))
                .isEqualTo(1L);
        JsonNode before = calls.get(records(topic) + "?offset=0").json();
        assertThat(before.path("records").size()).isEqualTo(1);
        assertThat(before.path("nextOffset").asLong()).isEqualTo(1);
        for (String path : List.of("?offset=1", "/1")) {
            Reply reply = calls.get(records(topic) + path);
            assertThat(reply.status()).as(path).isEqualTo(500);
            assertThat(reply.code()).as(path).isEqualTo("corrupt-record");
        }
        String poll = "/v1/groups/b-" + type.name + "/members/m/poll?wait=2s&topics=" + topic;
        assertThat(bus.post(poll, null).json().path("records").size()).isEqualTo(1);
        assertThat(bus.post(poll, null).code()).isEqualTo("corrupt-record");
        assertThat(KafkaBatches.read(read(topic, "?offset=0&max=1").body()))
                .containsExactly("0 null=1");
    }

    @Test
    void headersOfAnyBytesAreReadAsJsonAndAsHttp() {
        String topic = topic("headers");
        Header[] headers = {
            new RecordHeader("same", "1".getBytes()),
            new RecordHeader("same", "2".getBytes()),
            new RecordHeader("a: b\r\nEvil", "x\r\ny".getBytes()),
            new RecordHeader("none", (byte[]) null),
            new RecordHeader("content-type", "text/plain\r\nX-Evil: 1".getBytes())
        };
        Reply stored = produce(topic, plain(new SimpleRecord(1L, null, "v".getBytes(), headers)));
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        JsonNode record = calls.get(records(topic)).json().path("records").get(0);
        assertThat(record.path("headers"))
                .hasToString("{\"same\":\"2\",\"a: b\\r\\nEvil\":\"x\\r\\ny\",\"none\":\"\"}");
        Reply raw = calls.get(records(topic) + "/0");
        assertThat(raw.status()).isEqualTo(200);
        assertThat(raw.raw().headers().allValues("Bus-Header-same")).containsExactly("1", "2");
        assertThat(raw.header("Bus-Header-a%3A%20b%0D%0AEvil")).isEqualTo("x%0D%0Ay");
        assertThat(raw.header("Content-Type")).isEqualTo("application/octet-stream");
        assertThat(raw.header("X-Evil")).isEmpty();
    }

    @Test
    void headersBeyondWhatAnAnswerHoldsAreLeftOutAndCounted() {
        String topic = topic("large-headers");
        Header[] headers = {
            new RecordHeader("a", "x".repeat(5_000).getBytes()),
            new RecordHeader("b", "y".repeat(5_000).getBytes()),
            new RecordHeader("c", "z".getBytes()),
            new RecordHeader("content-type", ("text/plain;x=" + "x".repeat(2_000)).getBytes())
        };
        byte[] key = "ü".repeat(2_000).getBytes(StandardCharsets.UTF_8);
        produce(topic, plain(new SimpleRecord(1L, key, "v".getBytes(), headers)));
        Reply raw = calls.get(records(topic) + "/0");
        assertThat(raw.status()).isEqualTo(200);
        assertThat(raw.text()).isEqualTo("v");
        assertThat(raw.header("Bus-Headers-Omitted")).isEqualTo("2");
        assertThat(raw.header("Bus-Key")).isEmpty();
        assertThat(raw.header("Bus-Header-a")).hasSize(5_000);
        assertThat(raw.header("Bus-Header-b")).isEmpty();
        assertThat(raw.header("Bus-Header-c")).isEqualTo("z");
        assertThat(raw.header("Content-Type")).isEqualTo("application/octet-stream");
        JsonNode record = calls.get(records(topic)).json().path("records").get(0);
        assertThat(record.path("headers").path("b").asString()).hasSize(5_000);
    }

    /** Only the base offset and the leader epoch may differ, since the broker sets them. */
    @Test
    void aFlippedByteIsRefusedAndStoresNothing() {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        String topic = topic("flips");
        long end = 0;
        for (int i = 0; i < 600; i++) {
            byte[] body = randomBody(random);
            int at = random.nextInt(body.length);
            body[at] ^= (byte) (1 + random.nextInt(255));
            Reply reply = produce(topic, body, "Prefer", "return=minimal");
            if (isSetByTheBroker(body, at)) {
                assertThat(reply.status()).as("%d: %s", at, reply.text()).isEqualTo(201);
                end += reply.json().path("partitions").get(0).path("count").asLong();
            } else {
                assertThat(reply.status()).as("%d: %s", at, reply.text()).isEqualTo(422);
            }
        }
        assertThat(logEnd(topic)).isEqualTo(end);
        assertThat(KafkaBatches.read(read(topic, "?maxBytes=8000000").body())).hasSize((int) end);
    }

    /** As above, but sealed again: what is then taken can still be read in every way. */
    @Test
    void aFlippedByteUnderARightCrcIsRefusedOrCanBeRead() {
        Random random = new Random(SEED);
        String topic = topic("sealed");
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            byte[] body = sealed(withFlip(random, randomBatch(random)));
            Reply reply = produce(topic, body, "Prefer", "return=minimal");
            assertThat(reply.status()).as(reply.text()).isIn(201, 413, 422);
            refused += reply.status() == 201 ? 0 : 1;
        }
        assertThat(refused).isBetween(100, 599);
        long end = logEnd(topic);
        JsonNode page = calls.get(records(topic) + "?max=10000").json();
        assertThat(page.path("nextOffset").asLong()).isEqualTo(end);
        assertThat(page.path("records").size()).isEqualTo((int) end);
        assertThat(KafkaBatches.read(read(topic, "?max=10000").body())).hasSize((int) end);
        for (long offset = 0; offset < end; offset++) {
            assertThat(calls.get(records(topic) + "/" + offset).status()).isIn(200, 204);
        }
    }

    private static byte[] withFlip(Random random, byte[] batch) {
        int behindCrc = batch.length - RecordBatch.ATTRIBUTES_AT;
        int at = RecordBatch.ATTRIBUTES_AT + random.nextInt(behindCrc);
        batch[at] ^= (byte) (1 + random.nextInt(255));
        return batch;
    }

    private static byte[] randomBody(Random random) {
        byte[][] batches = new byte[1 + random.nextInt(3)][];
        for (int b = 0; b < batches.length; b++) {
            batches[b] = randomBatch(random);
        }
        return join(batches);
    }

    private static byte[] randomBatch(Random random) {
        CompressionType[] types = {
            CompressionType.NONE, CompressionType.GZIP, CompressionType.LZ4, CompressionType.ZSTD
        };
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(4)];
        for (int r = 0; r < records.length; r++) {
            records[r] = record(random.nextBoolean() ? null : "k", "" + random.nextInt());
        }
        byte[] batch = batch(types[random.nextInt(types.length)], records);
        return random.nextBoolean() ? batch : withAttributes(batch, RecordBatch.JSON_VALUES);
    }

    /** Walks by lengths, which a flip in one of these fields leaves alone. */
    private static boolean isSetByTheBroker(byte[] body, int flippedAt) {
        int at = 0;
        while (at <= flippedAt) {
            int inBatch = flippedAt - at;
            boolean offset = inBatch < RecordBatch.LENGTH_AT;
            boolean epoch =
                    inBatch >= RecordBatch.LEADER_EPOCH_AT && inBatch < RecordBatch.MAGIC_AT;
            if (offset || epoch) {
                return true;
            }
            if (inBatch < RecordBatch.HEADER_BYTES) {
                return false;
            }
            at += RecordBatch.sizeBytes(body, at);
        }
        return false;
    }
}
