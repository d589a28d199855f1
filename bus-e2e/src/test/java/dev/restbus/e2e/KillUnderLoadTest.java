package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The bus is killed without warning while producers write, single records and streams of them, at
 * most 200 ms after it confirmed a topic, a join and a commit. All that was confirmed is there
 * afterwards, in order. The rounds of the many partitions go through the write-ahead log.
 */
class KillUnderLoadTest {

    private static final String TOPIC = "load";
    private static final String STREAMS = "streams";
    private static final int PARTITIONS = 3;
    private static final long WINDOW_MS = 200;
    private static final int ATTEMPTS = 100;

    @TempDir Path folder;

    @Test
    void fiveKillsLoseNothingAcknowledged() throws Exception {
        killRepeatedly(5);
    }

    @Test
    @Tag("long")
    void fiftyKillsLoseNothingAcknowledged() throws Exception {
        killRepeatedly(50);
    }

    private void killRepeatedly(int rounds) throws Exception {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Drestbus.seed=" + seed + ")");
        Random random = new Random(seed);
        Path data = folder.resolve("data");
        AckedRecords acked = new AckedRecords();
        AckedRecords streamed = new AckedRecords();
        List<Confirmed> confirmed = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            try (BusProcess bus = BusProcess.start(data)) {
                BusHttp http = new BusHttp(bus.url());
                createTopic(http, TOPIC);
                createTopic(http, STREAMS);
                verify(http, acked, streamed, confirmed);
                confirmed.add(loadAndKill(bus, http, acked, streamed, round, random));
            }
            assertThat(data.resolve("write-ahead-0")).as("of what is not forced").isNotEmptyFile();
            assertSound(data);
        }
        try (BusProcess bus = BusProcess.start(data)) {
            verify(new BusHttp(bus.url()), acked, streamed, confirmed);
            assertThat(bus.stop()).isIn(0, 143);
        }
        assertSound(data);
        System.out.printf(
                "%d kills: %d records and %d of streams confirmed, none lost%n",
                rounds, count(acked), count(streamed));
    }

    private static int count(AckedRecords records) {
        int count = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            count += records.of(partition).size();
        }
        return count;
    }

    /** Also before the next start: what a kill leaves is a torn end, never damage. */
    private static void assertSound(Path data) throws Exception {
        Launcher.Result check = Launcher.run("check", data.toString());
        assertThat(check.exitCode()).as(check.output()).isZero();
    }

    private static void createTopic(BusHttp http, String topic) throws IOException {
        int status = http.put("/v1/topics/" + topic, "{\"partitions\":3}").status();
        assertThat(status).isIn(200, 201);
    }

    private static Confirmed loadAndKill(
            BusProcess bus,
            BusHttp http,
            AckedRecords acked,
            AckedRecords streamed,
            int round,
            Random random)
            throws Exception {
        try (Producers producers = Producers.start(http, TOPIC, 8, round, acked)) {
            producers.awaitAcknowledged(500 + random.nextInt(1500));
            try (StreamProducers streams =
                    StreamProducers.start(http, STREAMS, PARTITIONS, round, streamed)) {
                streams.awaitConfirmed();
                Confirmed confirmed = confirmWithinWindow(http, acked, round);
                long leftMs = WINDOW_MS - confirmed.elapsedMs();
                LockSupport.parkNanos((long) (random.nextDouble() * leftMs * 1_000_000));
                bus.kill();
                return confirmed;
            }
        }
    }

    /** A topic, a join and a commit, repeated until the three fit into the window. */
    private static Confirmed confirmWithinWindow(BusHttp http, AckedRecords acked, int round)
            throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Confirmed confirmed = Confirmed.by(http, acked, round + "-" + attempt);
            if (confirmed.elapsedMs() < WINDOW_MS) {
                return confirmed;
            }
        }
        throw new AssertionError("a topic, a join and a commit never fitted into 200 ms");
    }

    private static void verify(
            BusHttp http, AckedRecords acked, AckedRecords streamed, List<Confirmed> confirmed)
            throws IOException {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            verifyPartition(partition, http.readAll(TOPIC, partition, 0), acked);
            verifyPartition(partition, http.readAll(STREAMS, partition, 0), streamed);
        }
        for (Confirmed each : confirmed) {
            each.verify(http);
        }
    }

    private static void verifyPartition(int partition, List<JsonNode> found, AckedRecords acked) {
        Map<String, Integer> lastOfKey = new HashMap<>();
        Map<Long, String> valueAt = new HashMap<>();
        long expectedOffset = 0;
        for (JsonNode each : found) {
            assertThat(each.get("offset").asLong()).isEqualTo(expectedOffset++);
            int sequence = each.get("value").get("n").asInt();
            Integer before = lastOfKey.put(each.get("key").asString(), sequence);
            assertThat(before == null || before < sequence)
                    .as("key %s: %s then %s", each.get("key"), before, sequence)
                    .isTrue();
            valueAt.put(each.get("offset").asLong(), each.get("value").toString());
        }
        acked.of(partition)
                .forEach((offset, value) -> assertThat(valueAt).containsEntry(offset, value));
    }

    /**
     * What the bus confirmed just before it was killed.
     *
     * @param name of the topic, the group and the member
     * @param topicId the id the topic was given
     * @param memberEpoch the epoch the member was given
     * @param nextOffset what the member committed for partition 0 of the load topic
     * @param elapsedMs from before the first call to after the last
     */
    private record Confirmed(
            String name, String topicId, long memberEpoch, long nextOffset, long elapsedMs) {

        static Confirmed by(BusHttp http, AckedRecords acked, String suffix) throws IOException {
            String name = "confirmed-" + suffix;
            long nextOffset = acked.of(0).lastKey() + 1;
            long started = System.nanoTime();
            JsonNode topic = http.put("/v1/topics/" + name, "{}").expect(201).body();
            JsonNode member =
                    http.post("/v1/groups/" + name + "/members", joinBody(name)).expect(201).body();
            long memberEpoch = member.get("memberEpoch").asLong();
            http.post("/v1/groups/" + name + "/offsets", commitBody(name, memberEpoch, nextOffset))
                    .expect(200);
            long elapsedMs = (System.nanoTime() - started) / 1_000_000;
            return new Confirmed(
                    name, topic.get("id").asString(), memberEpoch, nextOffset, elapsedMs);
        }

        void verify(BusHttp http) throws IOException {
            JsonNode topic = http.get("/v1/topics/" + name).expect(200).body();
            assertThat(topic.get("id").asString()).isEqualTo(topicId);
            JsonNode group = http.get("/v1/groups/" + name).expect(200).body();
            assertThat(group.get("groupEpoch").asLong()).isGreaterThanOrEqualTo(memberEpoch);
            JsonNode offsets = http.get("/v1/groups/" + name + "/offsets").expect(200).body();
            assertThat(offsets.get("offsets"))
                    .anySatisfy(
                            each -> {
                                assertThat(each.get("topic").asString()).isEqualTo(TOPIC);
                                assertThat(each.get("partition").asInt()).isZero();
                                assertThat(each.get("nextOffset").asLong()).isEqualTo(nextOffset);
                            });
        }

        private static String joinBody(String member) {
            return "{\"memberId\":\"%s\",\"topics\":[\"%s\"]}".formatted(member, TOPIC);
        }

        private static String commitBody(String member, long memberEpoch, long nextOffset) {
            return """
            {"memberId":"%s","memberEpoch":%d,
             "offsets":[{"topic":"%s","partition":0,"nextOffset":%d}]}"""
                    .formatted(member, memberEpoch, TOPIC, nextOffset);
        }
    }
}
