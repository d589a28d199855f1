package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.door.RawHttp.Reply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** What is served on the thread that polls, what is not, and what may happen on the way. */
class LaneTest {

    private static final int IDLE_MS = 1_500;

    private static ConfigurableApplicationContext node;
    private static int port;

    @BeforeAll
    static void start() {
        node =
                new SpringApplication(LaneNode.class)
                        .run("--server.port=0", "--bus.door.header-timeout-ms=" + IDLE_MS);
        port = portOf(node);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static int portOf(ConfigurableApplicationContext node) {
        return Integer.parseInt(node.getEnvironment().getProperty("local.server.port"));
    }

    private static String post(String target, String headers, String body) {
        return "POST "
                + target
                + " HTTP/1.1\r\nHost: localhost\r\n"
                + headers
                + "Content-Length: "
                + body.length()
                + "\r\n\r\n"
                + body;
    }

    private static String plain(String target, String body) {
        return post(target, "", body);
    }

    private static boolean isOnLane(Reply reply) {
        assertThat(reply.header(LaneNode.SERVED_ON)).isNotEmpty();
        return reply.header(LaneNode.SERVED_ON).endsWith("-Poller");
    }

    /**
     * The first answer from the lane: it rests after a call that took long, whatever the reason.
     */
    private static Reply onLane(String request) throws Exception {
        long begun = System.nanoTime();
        Reply reply = exchange(request);
        while (!isOnLane(reply)) {
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(20));
            reply = exchange(request);
        }
        return reply;
    }

    private static Reply exchange(String request) throws Exception {
        try (RawHttp connection = new RawHttp(port)) {
            return connection.send(request).read();
        }
    }

    /** Fails if Tomcat polls on a thread of another name: the lane would be closed in silence. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Connection: keep-alive\r\n",
                "connection: Keep-Alive\r\n",
                "Content-Type: application/json; charset=utf-8\r\nbus-key: a b\r\n",
                "User-Agent: curl/8.5.0\r\nAccept: */*\r\n"
            })
    void aPlainRequestIsServedWhereItArrives(String headers) throws Exception {
        Reply reply = onLane(post("/quick/a-b?key=c%20d", headers, "{\"a\":1}"));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).startsWith("POST|a-b|c d|").endsWith("|{\"a\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: close\r\n",
                "Connection: keep-alive, TE\r\n",
                "TE: trailers\r\n",
                "Content-Encoding: identity\r\n",
                "Upgrade: h2c\r\n",
                "X-Tab:\ta\r\n",
                "X-Text: \u00e9\r\n"
            })
    void whatIsNotPlainIsServedTheLongWay(String headers) throws Exception {
        Reply reply = exchange(post("/quick/a", headers, "x"));
        assertThat(reply.body()).endsWith("|x");
        assertThat(isOnLane(reply)).isFalse();
    }

    @Test
    void neitherWhatIsNotQuickNorWhatIsStreamedIsOnTheLane() throws Exception {
        assertThat(isOnLane(exchange(plain("/unhurried", "x")))).isFalse();
        assertThat(onLane(plain("/streamed", "x")).body()).isEqualTo("whole");
        Reply streamed = exchange(post("/streamed", "Content-Type: application/x-ndjson\r\n", "x"));
        assertThat(streamed.status()).isEqualTo(404);
    }

    @Test
    void theLongestRequestOfTheLaneAndTheNextLonger() throws Exception {
        int head = plain("/quick/a", "x".repeat(1_000)).length() - 1_000;
        String fits = plain("/quick/a", "x".repeat(8 * 1_024 - head));
        assertThat(onLane(fits).status()).isEqualTo(200);
        Reply longer = exchange(plain("/quick/a", "x".repeat(8 * 1_024 - head + 1)));
        assertThat(longer.body()).endsWith("x".repeat(8 * 1_024 - head + 1));
        assertThat(isOnLane(longer)).isFalse();
    }

    @Test
    void requestsOfOneConnectionMayGoEitherWay() throws Exception {
        try (RawHttp connection = new RawHttp(port)) {
            for (int i = 0; i < 20; i++) {
                String headers = i % 3 == 0 ? "TE: trailers\r\n" : "";
                Reply reply = connection.send(post("/quick/" + i, headers, "x")).read();
                assertThat(reply.body()).startsWith("POST|" + i + "|");
                // The thread of the one before may not have let go of the connection yet.
                assertThat(isOnLane(reply) && i % 3 == 0).isFalse();
            }
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (RawHttp connection = new RawHttp(port)) {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                all.append(plain("/quick/" + i, "x"));
            }
            connection.send(all.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(connection.read().body()).startsWith("POST|" + i + "|");
            }
        }
    }

    @Test
    void aRequestMayComeInPieces() throws Exception {
        String request = plain("/quick/a", "body");
        for (int cut = 1; cut < request.length(); cut += 7) {
            try (RawHttp connection = new RawHttp(port)) {
                connection.send(request.substring(0, cut));
                assertThat(connection.answersWithin(20)).isFalse();
                Reply reply = connection.send(request.substring(cut)).read();
                assertThat(reply.body()).as("cut at " + cut).endsWith("|body");
                assertThat(connection.send(request).read().body()).endsWith("|body");
            }
        }
    }

    @Test
    void whatComesWhileAnAnswerIsAwaitedWaitsForIt() throws Exception {
        try (RawHttp connection = new RawHttp(port)) {
            connection.send(plain("/park", ""));
            CompletableFuture<Answer> first = nextParked();
            connection.send(plain("/quick/second", "") + plain("/quick/third", ""));
            assertThat(connection.answersWithin(200)).isFalse();
            first.complete(LaneNode.answer("first"));
            assertThat(connection.read().body()).isEqualTo("first");
            assertThat(connection.read().body()).startsWith("POST|second|");
            assertThat(connection.read().body()).startsWith("POST|third|");
            assertThat(connection.send(plain("/quick/a", "")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void anAnswerMayTakeLongerThanAConnectionMayBeIdle() throws Exception {
        try (RawHttp connection = new RawHttp(port)) {
            connection.send(plain("/park", ""));
            CompletableFuture<Answer> answer = nextParked();
            assertThat(connection.answersWithin(2 * IDLE_MS)).isFalse();
            answer.complete(LaneNode.answer("late"));
            assertThat(connection.read().body()).isEqualTo("late");
            assertThat(connection.send(plain("/quick/a", "")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void aCallerThatLeavesFreesItsPlaceWithItsAnswer() throws Exception {
        Admission admission = node.getBean(Admission.class);
        CompletableFuture<Answer> answer;
        try (RawHttp connection = new RawHttp(port)) {
            connection.send(plain("/park", ""));
            answer = nextParked();
            assertThat(admission.waiting()).hasSize(1);
        }
        answer.complete(LaneNode.answer("for nobody"));
        assertThat(admission.waiting()).isEmpty();
        assertThat(onLane(plain("/quick/a", "")).status()).isEqualTo(200);
    }

    /** The answer is larger than what the kernel keeps for one that does not read. */
    @Test
    void aCallerThatReadsLateHoldsUpNobody() throws Exception {
        String text = "x".repeat(1_000);
        try (RawHttp late = new RawHttp(port)) {
            late.send(plain("/repeat/20000", text) + plain("/quick/behind", ""));
            assertThat(late.answersWithin(5_000)).isTrue();
            for (int i = 0; i < 5; i++) {
                assertThat(onLane(plain("/quick/a", "")).status()).isEqualTo(200);
            }
            Reply large = late.read();
            assertThat(large.body()).hasSize(20_000_000);
            assertThat(late.read().body()).startsWith("POST|behind|");
        }
    }

    @Test
    void afterASlowCallTheLaneRests() throws Exception {
        onLane(plain("/slow", ""));
        assertThat(isOnLane(exchange(plain("/quick/a", "")))).isFalse();
        assertThat(onLane(plain("/quick/a", "")).status()).isEqualTo(200);
    }

    @Test
    void waitingCallsAreEndedBeforeTheNodeStops() throws Exception {
        ConfigurableApplicationContext stopping =
                new SpringApplication(LaneNode.class)
                        .run("--server.port=0", "--bus.door.stop-grace-ms=300");
        try (RawHttp connection = new RawHttp(portOf(stopping))) {
            connection.send(plain("/park", ""));
            CompletableFuture<Answer> never = nextParked();
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(stopping::close);
            Reply ended = connection.read();
            assertThat(ended.status()).isEqualTo(503);
            assertThat(ended.body())
                    .contains("\"code\":\"shutting-down\"", "\"outcome\":\"unknown\"");
            assertThat(never).isCancelled();
            stopped.get(30, TimeUnit.SECONDS);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    private static CompletableFuture<Answer> nextParked() throws InterruptedException {
        CompletableFuture<Answer> parked = LaneNode.PARKED.poll(10, TimeUnit.SECONDS);
        assertThat(parked).isNotNull();
        return parked;
    }
}
