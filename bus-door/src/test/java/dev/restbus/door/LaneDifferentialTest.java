package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.door.RawHttp.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Whatever is sent, a node with the lane answers as one without it: the same status, the same
 * headers and the same body, and what is behind it on the connection is served alike.
 */
class LaneDifferentialTest {

    private static final long SEED = Long.getLong("restbus.seed", 20_261_126);
    private static final int RUNS = Integer.getInteger("restbus.runs", 2_000);

    /** Two of each: what is to be served, and what a client or an attacker may get wrong. */
    private static final List<String> LINES =
            List.of(
                    "Connection: keep-alive",
                    "Connection: close",
                    "Connection: Keep-Alive, close",
                    "Accept: application/json",
                    "Accept-Encoding: gzip",
                    "Accept-Encoding: zstd;q=0.5, gzip;q=0",
                    "Content-Type: application/json",
                    "Content-Type: application/json; charset=UTF-16",
                    "Content-Type: application/x-www-form-urlencoded",
                    "Content-Type: nonsense",
                    "Content-Type:",
                    "Content-Encoding: gzip",
                    "Content-Encoding: identity",
                    "Request-Id: abc-1",
                    "Request-Id: not a sane one",
                    "bus-key: k",
                    "BUS-Header:  spaced  ",
                    "Origin: http://localhost:8080",
                    "Origin: http://evil.example",
                    "Host: localhost",
                    "Host: evil.example",
                    "Host: [::1]:80",
                    "Host: local host",
                    "Sec-Fetch-Site: cross-site",
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: identity",
                    "Content-Length: 3",
                    "Content-Length: +3",
                    "Content-Length: 03",
                    "Content-Length: 99999999999",
                    "Expect: 100-continue",
                    "Upgrade: websocket",
                    "Trailer: x",
                    "TE: trailers",
                    "X-Http-Method-Override: GET",
                    "Authorization: Bearer abc",
                    " folded: x",
                    "No Colon",
                    "Bad(Name: x",
                    ": empty name",
                    "X-Control: a\u0001b",
                    "X-Latin: \u00e9",
                    "X-Cr: a\rb");

    private static final List<String> TARGETS =
            List.of(
                    "/quick/a",
                    "/quick/a-b.c~d_e?key=1",
                    "/quick/a?key=c%20d+e",
                    "/quick/a?key=%zz",
                    "/quick/a?key=1&key=2",
                    "/quick/a?other=1",
                    "/quick/a?",
                    "/quick/a?key",
                    "/quick/a?key=<x>",
                    "/quick/%61",
                    "/quick/a%2Fb",
                    "/quick/a/",
                    "/quick//a",
                    "/quick/./a",
                    "/quick/../quick/a",
                    "/quick/a;b=c",
                    "/quick/",
                    "/quick",
                    "/quick/.a",
                    "/refuse",
                    "/fail",
                    "/repeat/3",
                    "/repeat/1000",
                    "/unhurried",
                    "/streamed",
                    "/nowhere",
                    "http://localhost/quick/a",
                    "*",
                    "");

    /** Tomcat ends a connection after these; the lane leaves it to the client. */
    private static final Set<Integer> DROPPED = Set.of(400, 408, 411, 413, 414, 500, 501, 503);

    private static ConfigurableApplicationContext lane;
    private static ConfigurableApplicationContext without;

    @BeforeAll
    static void start() {
        lane = new SpringApplication(LaneNode.class).run("--server.port=0");
        without =
                new SpringApplication(LaneNode.WithoutLane.class)
                        .run(
                                "--server.port=0",
                                "--spring.main.allow-bean-definition-overriding=true");
    }

    @AfterAll
    static void stop() {
        lane.close();
        without.close();
    }

    @Test
    void bothWaysAnswerAlike() throws Exception {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        int onLane = 0;
        for (int run = 0; run < RUNS; run++) {
            byte[] request = request(random);
            String shown = new String(request, StandardCharsets.ISO_8859_1);
            Seen first = send(lane, request);
            Seen second = send(without, request);
            assertThat(first.comparable()).as(shown).isEqualTo(second.comparable());
            assertThat(second.isOnLane()).isFalse();
            onLane += first.isOnLane() ? 1 : 0;
        }
        System.out.println(onLane + " of " + RUNS + " were served on the lane");
        assertThat(onLane).isBetween(RUNS / 20, RUNS - RUNS / 20);
    }

    private static byte[] request(Random random) {
        StringBuilder request = new StringBuilder();
        boolean tame = random.nextBoolean();
        String method = tame || random.nextInt(5) > 0 ? "POST" : pick(random, METHODS);
        String target = tame ? TARGETS.get(random.nextInt(3)) : pick(random, TARGETS);
        String version = tame || random.nextInt(10) > 0 ? "HTTP/1.1" : "HTTP/1.0";
        request.append(method + " " + target + " " + version + "\r\n");
        if (tame || random.nextInt(10) > 0) {
            request.append("Host: localhost\r\n");
        }
        String body = "[1]".repeat(random.nextInt(3));
        for (int lines = random.nextInt(3); lines > 0; lines--) {
            request.append(pick(random, LINES)).append("\r\n");
        }
        if (tame || random.nextInt(10) > 0) {
            int off = tame || random.nextInt(10) > 0 ? 0 : random.nextInt(3) - 1;
            request.append("Content-Length: " + Math.max(0, body.length() + off) + "\r\n");
        }
        byte[] bytes = (request + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1);
        if (random.nextInt(4) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static final List<String> METHODS = List.of("GET", "PUT", "post", "DELETE", "POST ");

    private static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    /**
     * What a client sees.
     *
     * @param second of the same connection, to a request that is surely fine
     */
    private record Seen(Reply first, Reply second) {

        boolean isOnLane() {
            return first != null && first.header(LaneNode.SERVED_ON).endsWith("-Poller");
        }

        String comparable() {
            if (first != null && DROPPED.contains(first.status())) {
                first.headers().remove("connection");
                first.headers().remove("keep-alive");
                return shown(first);
            }
            return shown(first) + "\nthen " + shown(second);
        }

        /** Without what differs by its nature. */
        private static String shown(Reply reply) {
            if (reply == null) {
                return "nothing";
            }
            Map<String, String> headers = new TreeMap<>(reply.headers());
            headers.remove("date");
            headers.remove(LaneNode.SERVED_ON.toLowerCase(Locale.ROOT));
            String text = reply.status() + " " + headers + " " + reply.body();
            return text.replaceAll("[0-9a-f]{16}", "<id>")
                    .replaceAll("localhost:\\d+", "<node>")
                    // As much of it as had come.
                    .replaceAll("(?s)method name \\[.* HTTP", "method name HTTP")
                    .replaceAll("content-length=\\d+", "");
        }
    }

    private static Seen send(ConfigurableApplicationContext node, byte[] request)
            throws IOException {
        try (RawHttp connection = new RawHttp(LaneTest.portOf(node))) {
            connection.send(request);
            // Most are answered by then; one whose body is short takes what follows for its rest.
            connection.answersWithin(20);
            connection.send(
                    "POST /quick/next HTTP/1.1\r\nHost: localhost\r\n"
                            + "Connection: close\r\nContent-Length: 0\r\n\r\n");
            Reply first = read(connection);
            return new Seen(first, first == null ? null : read(connection));
        }
    }

    private static Reply read(RawHttp connection) {
        try {
            return connection.read();
        } catch (IOException e) {
            return null;
        }
    }
}
