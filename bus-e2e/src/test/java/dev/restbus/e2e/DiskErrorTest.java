package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The calls of a real bus to its disk fail. What it confirmed is there after a restart, and nothing
 * half-written is served. Needs what {@link FaultShim} does: Linux and gcc.
 */
class DiskErrorTest {

    /** Too large for the write-ahead log, so that the log's own file is forced. */
    private static final String LARGE = "\"" + "x".repeat(300_000) + "\"";

    private static final String ORDERS = "/logs/orders-0.";

    @TempDir Path folder;
    private final List<String> confirmed = new ArrayList<>();
    private FaultShim shim;
    private Path data;

    @BeforeEach
    void makeShim() throws IOException {
        shim = new FaultShim(folder);
        data = folder.resolve("data");
    }

    private BusProcess startFaulty() {
        return BusProcess.start(shim.environment(), data);
    }

    private void produce(BusHttp http, String value) throws IOException {
        JsonNode stored = http.post("/v1/topics/orders?partition=0", value).expect(201).body();
        assertThat(stored.get("offset").asLong()).isEqualTo(confirmed.size());
        confirmed.add(value);
    }

    private static String codeOf(BusHttp.Reply reply) {
        return reply.body().get("code").asString();
    }

    private static List<String> values(BusHttp http) throws IOException {
        return http.readAll("orders", 0, 0).stream().map(r -> r.get("value").toString()).toList();
    }

    /** What was refused with an unknown outcome may be there, behind what was confirmed. */
    private void assertAllIsThereAfterARestart(String... mayFollow) throws Exception {
        Launcher.Result check = Launcher.run("check", data.toString());
        assertThat(check.exitCode()).as(check.output()).isZero();
        try (BusProcess bus = BusProcess.start(data)) {
            List<String> found = values(new BusHttp(bus.url()));
            assertThat(found).startsWith(confirmed.toArray(String[]::new));
            assertThat(List.of(mayFollow))
                    .containsAll(found.subList(confirmed.size(), found.size()));
            BusHttp http = new BusHttp(bus.url());
            http.post("/v1/topics/orders?partition=0", "\"after\"").expect(201);
        }
        System.out.println(confirmed.size() + " confirmed, all there after the restart");
    }

    @Test
    @Tag("long")
    void aFailedForceFencesThePartitionAndLosesNothing() throws Exception {
        try (BusProcess bus = startFaulty()) {
            BusHttp http = new BusHttp(bus.url());
            produce(http, "1");
            produce(http, LARGE);
            shim.failForces(ORDERS, 1);
            BusHttp.Reply failed = http.post("/v1/topics/orders?partition=0", LARGE).expect(503);
            assertThat(codeOf(failed)).isEqualTo("replica-fenced");
            assertThat(failed.body().get("outcome").asString()).isEqualTo("unknown");
            assertThat(shim.hits()).isEqualTo(1);

            BusHttp.Reply next = http.post("/v1/topics/orders?partition=0", "2").expect(503);
            assertThat(codeOf(next)).isEqualTo("replica-fenced");
            assertThat(next.body().get("outcome").asString()).isEqualTo("none");
            assertThat(values(http)).isEqualTo(confirmed);
            http.post("/v1/topics/others?partition=0", LARGE).expect(201);
            bus.kill();
        }
        assertAllIsThereAfterARestart(LARGE);
    }

    @Test
    @Tag("long")
    void aFailedForceOfTheWriteAheadLogLeavesItToTheLogs() throws Exception {
        try (BusProcess bus = startFaulty()) {
            BusHttp http = new BusHttp(bus.url());
            produce(http, "1");
            produce(http, "2");
            shim.failForces("/write-ahead-", 1_000);
            for (int i = 3; i < 50; i++) {
                produce(http, Integer.toString(i));
            }
            assertThat(shim.hits()).as("it is not tried again").isEqualTo(1);
            assertThat(Checkout.read(bus.log())).contains("the write-ahead log ends");
            assertThat(values(http)).isEqualTo(confirmed);
            bus.kill();
        }
        assertAllIsThereAfterARestart();
    }

    @Test
    @Tag("long")
    void aShortWriteIsGoneOnWithAndATornOneTakenBack() throws Exception {
        try (BusProcess bus = startFaulty()) {
            BusHttp http = new BusHttp(bus.url());
            produce(http, "1");
            shim.shortenWrites(ORDERS, 5);
            produce(http, LARGE);
            produce(http, "2");
            produce(http, "3");
            assertThat(shim.hits()).isEqualTo(5);
            assertThat(values(http)).isEqualTo(confirmed);

            shim.tearWrites(ORDERS, 1);
            BusHttp.Reply torn = http.post("/v1/topics/orders?partition=0", "9").expect(503);
            assertThat(codeOf(torn)).isEqualTo("replica-fenced");
            assertThat(torn.body().get("outcome").asString()).isEqualTo("none");
            assertThat(shim.hits()).isEqualTo(6);
            assertThat(values(http)).isEqualTo(confirmed);
            bus.kill();
        }
        assertAllIsThereAfterARestart();
    }
}
