package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A disk of 48 MiB runs full, again and again: records are refused, all else goes on, also a kill
 * and a restart, and once a topic is deleted records are taken again. Nothing confirmed is lost.
 * Needs what {@link Machine} names.
 */
class DiskFullTest {

    private static final long DISK_BYTES = 48L << 20;
    private static final int CYCLES = 10;
    private static final int MEMBERS = 3;
    private static final int COMMITS = 100;
    private static final String KEPT = "kept";
    private static final String FILL_VALUE = "\"" + "x".repeat(250_000) + "\"";
    private static final long ROOM_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

    @TempDir Path folder;
    private final AckedRecords kept = new AckedRecords();
    private BusHttp http;
    private int taken;
    private int refused;

    /** Of the filling topic, by now, so many records from its start. */
    private int deleted;

    @Test
    @Tag("long")
    void tenTimesFullAndEmptyLoseNothingAndStopNothingButRecords() throws Exception {
        try (LoopMount disk = new LoopMount(folder, DISK_BYTES)) {
            Path data = disk.folder().resolve("data");
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                try (BusProcess bus = BusProcess.start(data)) {
                    http = new BusHttp(bus.url());
                    fill(cycle);
                    assertThat(data.resolve("reserve")).doesNotExist();
                    goesOn(cycle, "full");
                    bus.kill();
                }
                assertSound(data);
                try (BusProcess bus = BusProcess.start(data)) {
                    http = new BusHttp(bus.url());
                    goesOn(cycle, "restarted");
                    fillAgain(cycle);
                    goesOn(cycle, "full-again");
                    free(cycle);
                    assertThat(Files.size(data.resolve("reserve"))).isGreaterThan(1 << 20);
                    assertThat(bus.stop()).isIn(0, 143);
                }
                assertSound(data);
            }
            try (BusProcess bus = BusProcess.start(data)) {
                http = new BusHttp(bus.url());
                verifyKept();
            }
        }
        System.out.printf(
                "%d cycles: %d large records taken, %d refused with 507; %d others, none lost%n",
                CYCLES, taken, refused, kept.of(0).size());
    }

    private void fill(int cycle) throws IOException {
        String topic = "fill-" + cycle;
        http.put("/v1/topics/" + topic, "{\"partitions\":1}").expect(201);
        http.put("/v1/topics/" + KEPT, "{\"partitions\":1}");
        deleted = 0;
        int here = 0;
        BusHttp.Reply reply = http.post("/v1/topics/" + topic, FILL_VALUE);
        while (reply.status() == 201) {
            assertThat(reply.body().get("offset").asLong()).isEqualTo(here++);
            keep("{\"cycle\":" + cycle + ",\"n\":" + here + "}");
            reply = http.post("/v1/topics/" + topic, FILL_VALUE);
        }
        assertIsRefused(reply);
        taken += here;
        assertThat(http.readAll(topic, 0, 0))
                .hasSize(here)
                .allSatisfy(each -> assertThat(each.get("value").toString()).isEqualTo(FILL_VALUE));
    }

    /** A start needs no write-ahead files any more, which can be room for some records. */
    private void fillAgain(int cycle) throws IOException {
        BusHttp.Reply reply = http.post("/v1/topics/fill-" + cycle, FILL_VALUE);
        while (reply.status() == 201) {
            taken++;
            reply = http.post("/v1/topics/fill-" + cycle, FILL_VALUE);
        }
        assertIsRefused(reply);
    }

    /** Stores a small record, unless the disk is full by now. */
    private void keep(String value) throws IOException {
        BusHttp.Reply reply = http.post("/v1/topics/" + KEPT, value);
        if (reply.status() == 201) {
            kept.add(0, reply.body().get("offset").asLong(), value);
        } else {
            assertIsRefused(reply);
        }
    }

    private void assertIsRefused(BusHttp.Reply reply) {
        reply.expect(507);
        assertThat(reply.body().get("code").asString()).isEqualTo("disk-full");
        assertThat(reply.body().get("outcome").asString()).isEqualTo("none");
        assertThat(reply.retryAfter()).isNotEmpty();
        refused++;
    }

    /** Reads, joins, polls, commits, topics and deleted records. */
    private void goesOn(int cycle, String when) throws IOException {
        verifyKept();
        long end = kept.of(0).lastKey() + 1;
        for (int m = 0; m < MEMBERS; m++) {
            String group = "/v1/groups/" + when + "-" + cycle + "-" + m;
            List<JsonNode> polled =
                    http.post(group + "/members/me/poll?topics=" + KEPT + "&max=5&wait=5s", "")
                            .expect(200)
                            .body()
                            .get("records")
                            .valueStream()
                            .toList();
            assertThat(polled).isNotEmpty();
            http.post(group + "/members/me/poll?topics=" + KEPT + "&max=5&wait=5s", "").expect(200);
            http.delete(group + "/members/me").expect(204);
            for (int i = 0; i < COMMITS; i++) {
                http.post(group + "/offsets", commit(end - i % 2)).expect(200);
            }
            JsonNode committed = http.get(group + "/offsets").expect(200).body().get("offsets");
            assertThat(committed.get(0).get("nextOffset").asLong()).isEqualTo(end - 1);
        }
        String records = "/v1/topics/fill-" + cycle + "/partitions/0/records";
        http.delete(records + "?before=" + ++deleted).expect(200);
        String small = "/v1/topics/" + when + "-" + cycle;
        http.put(small, "{\"partitions\":1}").expect(201);
        http.delete(small).expect(204);
    }

    private static String commit(long nextOffset) {
        return "{\"offsets\":[{\"topic\":\"%s\",\"partition\":0,\"nextOffset\":%d}]}"
                .formatted(KEPT, nextOffset);
    }

    /** No restart is needed. */
    private void free(int cycle) throws IOException {
        String topic = "/v1/topics/fill-" + cycle;
        http.delete(topic).expect(204);
        long deadline = System.nanoTime() + ROOM_TIMEOUT_NANOS;
        BusHttp.Reply reply = http.post("/v1/topics/" + KEPT, "\"room\"");
        while (reply.status() != 201) {
            assertIsRefused(reply);
            assertThat(System.nanoTime()).as("still refused").isLessThan(deadline);
            LockSupport.parkNanos(50_000_000);
            reply = http.post("/v1/topics/" + KEPT, "\"room\"");
        }
        kept.add(0, reply.body().get("offset").asLong(), "\"room\"");
    }

    private void verifyKept() throws IOException {
        List<JsonNode> found = http.readAll(KEPT, 0, 0);
        assertThat(found).hasSize(kept.of(0).size());
        found.forEach(
                each ->
                        assertThat(each.get("value").toString())
                                .isEqualTo(kept.of(0).get(each.get("offset").asLong())));
    }

    private static void assertSound(Path data) throws Exception {
        Launcher.Result check = Launcher.run("check", data.toString());
        assertThat(check.exitCode()).as(check.output()).isZero();
    }
}
