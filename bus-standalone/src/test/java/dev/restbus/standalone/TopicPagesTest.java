package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A topic in pages of JSON, and single records as things to cache. */
class TopicPagesTest {

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
    void pagesGiveEachRecordOnceAlsoThoseThatCameBetween() {
        bus.put("/v1/topics/paged", "{\"partitions\":3}");
        produce("paged", 0, 60);
        List<String> places = new ArrayList<>();
        Set<Integer> early = new HashSet<>();
        String query = "?max=7";
        for (int page = 0; page < 20; page++) {
            if (page == 3) {
                produce("paged", 60, 90);
            }
            JsonNode answer = bus.get("/v1/topics/paged/records" + query).json();
            assertThat(answer.path("records").size()).isLessThanOrEqualTo(7);
            for (JsonNode record : answer.path("records")) {
                places.add(record.path("partition").asInt() + ":" + record.path("offset").asInt());
                if (page < 3) {
                    early.add(record.path("partition").asInt());
                }
            }
            query = "?max=7&cursor=" + answer.path("next").asString();
        }
        assertThat(places).hasSize(90).doesNotHaveDuplicates();
        assertThat(early).as("partitions take turns").hasSize(3);
        Reply end = bus.get("/v1/topics/paged/records" + query);
        assertThat(end.json().path("records").size()).isZero();
        assertThat(end.header("Vary")).isEqualTo("Accept");
        // A cursor also says where a stream begins.
        bus.post("/v1/topics/paged", "\"new\"");
        String line =
                bus.get(
                                "/v1/topics/paged/records" + query + "&wait=0",
                                "Accept",
                                "application/x-ndjson")
                        .body();
        assertThat(line).contains("\"value\":\"new\"").hasLineCount(1);
    }

    @Test
    void aPageOfFewBytesHoldsARecordAllTheSame() {
        bus.put("/v1/topics/tight", "{\"partitions\":2}");
        produce("tight", 0, 6);
        List<String> values = new ArrayList<>();
        String query = "?maxBytes=1";
        for (int page = 0; page < 6; page++) {
            JsonNode answer = bus.get("/v1/topics/tight/records" + query).json();
            assertThat(answer.path("records").size()).isEqualTo(1);
            values.add(answer.path("records").get(0).path("value").toString());
            query = "?maxBytes=1&cursor=" + answer.path("next").asString();
        }
        assertThat(values).containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5");
    }

    /** Packed batches of a few bytes each, which a page could take by the thousand. */
    @Test
    void aPageCountsWhatTheRecordsAreUnpacked() {
        bus.put("/v1/topics/packed", "{\"partitions\":2}");
        ByteCalls calls = new ByteCalls(bus);
        SimpleRecord[] records = new SimpleRecord[10];
        Arrays.fill(records, KafkaBatches.record("k", "x".repeat(10_000)));
        byte[] batch = KafkaBatches.batch(CompressionType.GZIP, records);
        assertThat(batch.length).isLessThan(1_000);
        for (int p = 0; p < 2; p++) {
            for (int i = 0; i < 3; i++) {
                int status =
                        calls.post(
                                        "/v1/topics/packed/records?partition=" + p,
                                        batch,
                                        "Content-Type",
                                        "application/x-record-batch")
                                .status();
                assertThat(status).isEqualTo(201);
            }
        }
        List<String> places = new ArrayList<>();
        List<Set<Integer>> partitions = new ArrayList<>();
        String query = "?maxBytes=50000";
        for (int page = 0; page < 15; page++) {
            JsonNode answer = bus.get("/v1/topics/packed/records" + query).json();
            assertThat(answer.path("records").size()).as("page " + page).isEqualTo(4);
            Set<Integer> of = new HashSet<>();
            for (JsonNode record : answer.path("records")) {
                places.add(record.path("partition").asInt() + ":" + record.path("offset").asInt());
                of.add(record.path("partition").asInt());
            }
            partitions.add(of);
            query = "?maxBytes=50000&cursor=" + answer.path("next").asString();
        }
        assertThat(places).hasSize(60).doesNotHaveDuplicates();
        assertThat(partitions.subList(0, 2)).as("turns").containsExactly(Set.of(0), Set.of(1));
    }

    @Test
    void aPageBeginsAtATimeInEveryPartition() {
        bus.put("/v1/topics/timed", "{\"partitions\":2}");
        for (int p = 0; p < 2; p++) {
            bus.post(
                    "/v1/topics/timed/records",
                    ("{'records':[{'partition':#,'value':'old','timestamp':1000},"
                                    + "{'partition':#,'value':'new','timestamp':5000}]}")
                            .replace('\'', '"')
                            .replace("#", Integer.toString(p)));
        }
        List<String> values = new ArrayList<>();
        bus.get("/v1/topics/timed/records?timestamp=5000")
                .json()
                .path("records")
                .forEach(record -> values.add(record.path("value").asString()));
        assertThat(values).containsExactly("new", "new");
        Reply both = bus.get("/v1/topics/timed/records?timestamp=2000&offset=latest");
        assertThat(both.status()).isEqualTo(422);
    }

    @Test
    void anEmptyPageWaitsForARecord() throws Exception {
        bus.put("/v1/topics/quiet", "{\"partitions\":3}");
        Reply none = bus.get("/v1/topics/quiet/records?wait=50ms");
        assertThat(none.status()).isEqualTo(200);
        assertThat(none.json().path("records").size()).isZero();
        String next = none.json().path("next").asString();
        CompletableFuture<Reply> waiting =
                bus.sendAsync("GET", "/v1/topics/quiet/records?wait=30s&cursor=" + next, null);
        bus.post("/v1/topics/quiet?partition=2", "1");
        JsonNode records = RunningBus.await(waiting).json().path("records");
        assertThat(records.size()).isEqualTo(1);
        assertThat(records.get(0).path("partition").asInt()).isEqualTo(2);
        JsonNode latest = bus.get("/v1/topics/quiet/records?offset=latest").json();
        assertThat(latest.path("records").size()).isZero();
    }

    @Test
    void aCursorIsOfOneTopicOnly() {
        bus.put("/v1/topics/again", "{\"partitions\":1}");
        String next = bus.get("/v1/topics/again/records").json().path("next").asString();
        bus.delete("/v1/topics/again");
        bus.put("/v1/topics/again", "{\"partitions\":1}");
        Reply expired = bus.get("/v1/topics/again/records?cursor=" + next);
        assertThat(expired.status()).isEqualTo(410);
        assertThat(expired.code()).isEqualTo("expired");
        for (String bad : List.of("x", "AAAA", "%20", next.substring(0, 9), next + "AA")) {
            Reply reply = bus.get("/v1/topics/again/records?cursor=" + bad);
            assertThat(reply.code())
                    .as("%s: %s", bad, reply.body())
                    .isIn("invalid-parameter", "expired", "unknown-partition");
        }
        bus.put("/v1/topics/wider", "{\"partitions\":3}");
        byte[] forged = Base64.getUrlDecoder().decode(cursor("wider"));
        System.arraycopy(Base64.getUrlDecoder().decode(cursor("again")), 1, forged, 1, 16);
        Reply more =
                bus.get(
                        "/v1/topics/again/records?cursor="
                                + Base64.getUrlEncoder().withoutPadding().encodeToString(forged));
        assertThat(more.code()).isEqualTo("invalid-parameter");
        assertThat(bus.get("/v1/topics/nowhere/records").code()).isEqualTo("unknown-topic");
    }

    @Test
    void aRecordIsNamedByItsTagAndNotSentTwice() {
        bus.put("/v1/topics/tagged", "{\"partitions\":1}");
        bus.post("/v1/topics/tagged?key=k", "{\"a\":1}");
        bus.post("/v1/topics/tagged", "{\"a\":1}");
        String path = "/v1/topics/tagged/partitions/0/records/0";
        Reply full = bus.get(path);
        String tag = full.header("ETag");
        String id = bus.get("/v1/topics/tagged").json().path("id").asString();
        assertThat(tag).isEqualTo("\"" + id + "-0-0\"");
        assertThat(full.header("Cache-Control")).isEqualTo("private, max-age=300, immutable");
        assertThat(full.header("Bus-Key")).isEqualTo("k");
        for (String known : List.of(tag, "W/" + tag, "\"x\", " + tag, "*")) {
            Reply none = bus.get(path, "If-None-Match", known);
            assertThat(none.status()).as(known).isEqualTo(304);
            assertThat(none.body()).isEmpty();
            assertThat(none.header("ETag")).isEqualTo(tag);
        }
        assertThat(bus.get(path, "If-None-Match", "\"other\"").body()).isEqualTo("{\"a\":1}");
        Reply other = bus.get(path.substring(0, path.length() - 1) + "1", "If-None-Match", tag);
        assertThat(other.status()).isEqualTo(200);
        Reply head = bus.send("HEAD", path, null);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("ETag")).isEqualTo(tag);
        assertThat(head.header("Content-Length")).isEqualTo("7");
        assertThat(head.header("Content-Type")).isEqualTo("application/json");
        assertThat(head.body()).isEmpty();
    }

    private static String cursor(String topic) {
        return bus.get("/v1/topics/" + topic + "/records").json().path("next").asString();
    }

    private static void produce(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            assertThat(bus.post("/v1/topics/" + topic, Integer.toString(i)).status())
                    .isEqualTo(201);
        }
    }
}
