package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The wall clock of a real bus jumps an hour on, then back and an hour more, while a poll waits.
 * Only timestamps follow. Needs what {@link FaultShim} does: Linux and gcc.
 */
class ClockJumpTest {

    private static final long HOUR_MS = TimeUnit.HOURS.toMillis(1);
    private static final long WAIT_S = 4;
    private static final long SESSION_S = 10;
    private static final long SLACK_MS = 3_000;

    @TempDir Path folder;
    private BusHttp http;
    private FaultShim shim;

    @Test
    @Tag("long")
    void onlyTimestampsFollowTheWallClock() throws Exception {
        shim = new FaultShim(folder);
        try (BusProcess bus = BusProcess.start(shim.environment(), folder.resolve("data"))) {
            http = new BusHttp(bus.url());
            http.put(
                            "/v1/topics/kept",
                            """
                            {"partitions":1,
                             "config":{"retention.ms":"30m","segment.bytes":16384}}""")
                    .expect(201);
            for (int i = 0; i < 40; i++) {
                http.post("/v1/topics/kept", "\"" + "x".repeat(1_000) + "\"").expect(201);
            }
            http.put("/v1/topics/empty", "{\"partitions\":1}").expect(201);
            join("stays");

            long before = timestampOfANewRecord();
            waitWhileTheClockJumps(HOUR_MS);
            long ahead = timestampOfANewRecord();
            waitWhileTheClockJumps(-HOUR_MS);
            long behind = timestampOfANewRecord();

            assertThat(ahead - before).isBetween(HOUR_MS, HOUR_MS + 60_000);
            assertThat(ahead - behind).isBetween(2 * HOUR_MS - 60_000, 2 * HOUR_MS);
            assertThat(http.readAll("kept", 0, 0)).hasSize(43);
            JsonNode topic = http.get("/v1/topics/kept").expect(200).body();
            assertThat(topic.get("partitions").get(0).get("logStartOffset").asLong()).isZero();
            sessionEndsInTimeWhileTheClockJumps();
            System.out.printf(
                    "clock +1 h and -1 h: timestamps %d, %+d s, %+d s; nothing deleted%n",
                    before, (ahead - before) / 1000, (behind - before) / 1000);
        }
    }

    private long timestampOfANewRecord() throws IOException {
        return http.post("/v1/topics/kept", "\"now\"").expect(201).body().get("timestamp").asLong();
    }

    private JsonNode join(String member) throws IOException {
        return http.post(
                        "/v1/groups/clock/members/"
                                + member
                                + "/poll?topics=empty&wait=0s&sessionTimeout="
                                + SESSION_S
                                + "s",
                        "")
                .expect(200)
                .body();
    }

    /** Two that wait, a read and a poll: neither ends early or late, and the member stays. */
    private void waitWhileTheClockJumps(long offMs) throws Exception {
        CompletableFuture<Long> read =
                timed(() -> http.get("/v1/topics/empty/partitions/0/records?wait=" + WAIT_S + "s"));
        CompletableFuture<Long> poll =
                timed(
                        () ->
                                http.post(
                                        "/v1/groups/clock/members/stays/poll?topics=empty&wait="
                                                + WAIT_S
                                                + "s&sessionTimeout="
                                                + SESSION_S
                                                + "s",
                                        ""));
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        shim.setClockOff(offMs);
        for (long ms :
                new long[] {read.get(60, TimeUnit.SECONDS), poll.get(60, TimeUnit.SECONDS)}) {
            assertThat(ms).isBetween(WAIT_S * 1_000, WAIT_S * 1_000 + SLACK_MS);
        }
        assertThat(members()).isEqualTo(1);
    }

    @FunctionalInterface
    private interface Call {
        BusHttp.Reply run() throws IOException;
    }

    private static CompletableFuture<Long> timed(Call call) {
        return CompletableFuture.supplyAsync(
                () -> {
                    long began = System.nanoTime();
                    try {
                        call.run().expect(200);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                },
                task -> new Thread(task).start());
    }

    private int members() throws IOException {
        return http.get("/v1/groups/clock").expect(200).body().get("members").size();
    }

    /** One that is silent: the jump on does not end its session, nor does the jump back keep it. */
    private void sessionEndsInTimeWhileTheClockJumps() throws IOException {
        join("stays");
        long began = System.nanoTime();
        shim.setClockOff(HOUR_MS);
        boolean back = false;
        while (members() == 1) {
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
            assertThat(seconds).as("the session is kept").isLessThan(2 * SESSION_S);
            if (!back && seconds >= SESSION_S / 2) {
                shim.setClockOff(-HOUR_MS);
                back = true;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began))
                .isGreaterThanOrEqualTo(SESSION_S - 1);
    }
}
