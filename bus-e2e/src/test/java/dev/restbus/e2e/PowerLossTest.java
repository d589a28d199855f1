package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The power of the disk goes while producers and a committer are at work, on a file system of its
 * own: what was not forced is gone. At the default settings nothing that was confirmed is among it.
 * Needs what {@link Machine} names; in the short build a disk in memory stands for this one.
 */
class PowerLossTest {

    private static final long DISK_BYTES = 1L << 30;
    private static final List<String> SMALL = List.of("small-a", "small-b");
    private static final String LARGE = "large";
    private static final int PARTITIONS = 3;

    /** More than a round of the write-ahead log takes. */
    private static final int LARGE_BATCH_RECORDS = 150;

    private static final String PADDING = "x".repeat(2_000);

    @TempDir Path folder;
    private final Map<String, AckedRecords> acked = new HashMap<>();
    private final List<CommittedOffset> committed = new ArrayList<>();
    private Random random;
    private int confirmedRecords;
    private int lostRecords;
    private int lostCommits;

    @Test
    @Tag("long")
    void tenPowerCutsLoseNothingAcknowledged() throws Exception {
        run(10);
        assertThat(lostRecords + lostCommits).isZero();
    }

    /** The control: this test would see a loss. */
    @Test
    @Tag("long")
    void withoutForcesAPowerCutLosesSomething() throws Exception {
        run(1, "--bus.log.fsync=never");
        assertThat(lostRecords).isPositive();
    }

    private void run(int cuts, String... settings) throws Exception {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Drestbus.seed=" + seed + ")");
        random = new Random(seed);
        try (LoopMount disk = new LoopMount(folder, DISK_BYTES)) {
            Path data = disk.folder().resolve("data");
            for (int round = 0; round < cuts; round++) {
                try (BusProcess bus = BusProcess.start(data, settings)) {
                    BusHttp http = new BusHttp(bus.url());
                    if (round > 0) {
                        verify(http);
                    }
                    loadAndCut(http, bus, disk, round);
                }
                disk.mountAgain();
                Launcher.Result check = Launcher.run("check", data.toString());
                assertThat(check.exitCode()).as(check.output()).isZero();
            }
            try (BusProcess bus = BusProcess.start(data, settings)) {
                verify(new BusHttp(bus.url()));
                assertThat(bus.stop()).isIn(0, 143);
            }
        }
        System.out.printf(
                "%d power cuts: %d records confirmed, %d lost; %d commits confirmed, %d lost%n",
                cuts, confirmedRecords, lostRecords, committed.size(), lostCommits);
    }

    private void loadAndCut(BusHttp http, BusProcess bus, LoopMount disk, int round)
            throws Exception {
        List<Producers> all = new ArrayList<>();
        for (String topic : SMALL) {
            create(http, topic);
            all.add(Producers.start(http, topic, 4, round, of(topic)));
        }
        create(http, LARGE);
        LargeBatches large = new LargeBatches(http, round, of(LARGE));
        try {
            all.get(0).awaitAcknowledged(300 + random.nextInt(700));
            large.awaitFirst();
            committed.add(CommittedOffset.by(http, "group-" + round, SMALL.get(0)));
            LockSupport.parkNanos(random.nextInt(200_000_000));
            disk.cutPower();
        } finally {
            bus.kill();
            for (Producers producers : all) {
                producers.close();
            }
            large.close();
        }
    }

    private AckedRecords of(String topic) {
        return acked.computeIfAbsent(topic, any -> new AckedRecords());
    }

    private static void create(BusHttp http, String topic) throws IOException {
        assertThat(http.put("/v1/topics/" + topic, "{\"partitions\":3}").status()).isIn(200, 201);
    }

    private void verify(BusHttp http) throws IOException {
        confirmedRecords = 0;
        lostRecords = 0;
        lostCommits = 0;
        for (String topic : acked.keySet()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                verifyPartition(http, topic, partition);
            }
        }
        for (CommittedOffset each : committed) {
            lostCommits += each.isKept(http) ? 0 : 1;
        }
    }

    private void verifyPartition(BusHttp http, String topic, int partition) throws IOException {
        Map<Long, String> valueAt = new HashMap<>();
        Map<String, Integer> lastOfKey = new HashMap<>();
        long expectedOffset = 0;
        for (JsonNode each : http.readAll(topic, partition, 0)) {
            assertThat(each.get("offset").asLong()).isEqualTo(expectedOffset++);
            int sequence = each.get("value").get("n").asInt();
            Integer before = lastOfKey.put(each.get("key").asString(), sequence);
            assertThat(before == null || before < sequence).as("%s in order", each).isTrue();
            valueAt.put(each.get("offset").asLong(), each.get("value").toString());
        }
        for (Map.Entry<Long, String> record : of(topic).of(partition).entrySet()) {
            confirmedRecords++;
            String found = valueAt.get(record.getKey());
            if (!record.getValue().equals(found)) {
                lostRecords++;
            }
        }
    }

    /** Batches that are forced in the log's own file, one after the other, to partition 0. */
    private static final class LargeBatches {
        private final BusHttp http;
        private final AckedRecords acked;
        private final CountDownLatch first = new CountDownLatch(1);
        private final Thread thread;
        private int sequence;

        LargeBatches(BusHttp http, int round, AckedRecords acked) {
            this.http = http;
            this.acked = acked;
            this.sequence = round * 1_000_000;
            this.thread = new Thread(this::produce, "large-batches");
            thread.start();
        }

        void awaitFirst() throws InterruptedException {
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
        }

        void close() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }

        private void produce() {
            try {
                // So many, that reading them all back stays a matter of seconds.
                for (int batch = 0;
                        batch < 40 && !Thread.currentThread().isInterrupted();
                        batch++) {
                    List<String> values = new ArrayList<>();
                    StringBuilder body = new StringBuilder("{\"records\":[");
                    for (int i = 0; i < LARGE_BATCH_RECORDS; i++) {
                        String value =
                                "{\"n\":%d,\"padding\":\"%s\"}".formatted(sequence++, PADDING);
                        values.add(value);
                        body.append(i == 0 ? "" : ",")
                                .append("{\"partition\":0,\"key\":\"large\",\"value\":")
                                .append(value)
                                .append('}');
                    }
                    body.append("]}");
                    BusHttp.Reply reply =
                            http.postJson("/v1/topics/" + LARGE + "/records", body.toString());
                    if (reply.status() != 201) {
                        return;
                    }
                    JsonNode stored = reply.body().get("records");
                    for (int i = 0; i < values.size(); i++) {
                        acked.add(0, stored.get(i).get("offset").asLong(), values.get(i));
                    }
                    first.countDown();
                }
            } catch (IOException e) {
                // The bus is gone: what was in flight is not confirmed.
            }
        }
    }

    /**
     * A commit that was confirmed, and the fence it was made under.
     *
     * @param memberEpoch of the member when it committed
     */
    private record CommittedOffset(String group, String topic, long memberEpoch, long nextOffset) {

        static CommittedOffset by(BusHttp http, String group, String topic) throws IOException {
            String join = "{\"memberId\":\"%s\",\"topics\":[\"" + topic + "\"]}";
            String members = "/v1/groups/" + group + "/members";
            http.post(members, join.formatted("before")).expect(201);
            http.delete(members + "/before").expect(204);
            long epoch =
                    http.post(members, join.formatted("owner"))
                            .expect(201)
                            .body()
                            .get("memberEpoch")
                            .asLong();
            CommittedOffset commit = new CommittedOffset(group, topic, epoch, 17);
            commit.send(http, epoch).expect(200);
            return commit;
        }

        private BusHttp.Reply send(BusHttp http, long epoch) throws IOException {
            return http.post(
                    "/v1/groups/" + group + "/offsets",
                    """
                    {"memberId":"owner","memberEpoch":%d,
                     "offsets":[{"topic":"%s","partition":0,"nextOffset":%d}]}"""
                            .formatted(epoch, topic, nextOffset));
        }

        /** Also the fence: an epoch before it does not commit. */
        boolean isKept(BusHttp http) throws IOException {
            BusHttp.Reply late = send(http, memberEpoch - 1);
            JsonNode offsets = http.get("/v1/groups/" + group + "/offsets").body().path("offsets");
            for (JsonNode each : offsets) {
                if (each.get("partition").asInt() == 0) {
                    return each.get("nextOffset").asLong() == nextOffset && late.status() == 409;
                }
            }
            return false;
        }
    }
}
