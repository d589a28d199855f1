package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.door.BodyStreamNode.Held;
import dev.restbus.door.RawHttp.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Bodies that are taken as they come, over a raw socket. */
@SpringBootTest(
        classes = BodyStreamNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "bus.door.body-timeout-ms=1500",
            "bus.door.linger-ms=200",
            "bus.door.max-body-memory-bytes=10000000",
            "bus.door.max-threads=16"
        })
class StreamedBodiesTest {

    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

    @LocalServerPort private int port;

    @Autowired private Admission admission;

    @BeforeEach
    void forget() {
        BodyStreamNode.HELD.clear();
        BodyStreamNode.ENDS.clear();
        BodyStreamNode.BEGUN.set(0);
    }

    @AfterEach
    void nothingIsLeftBehind() {
        await(() -> admission.bytesTaken() == 0 && admission.bodyStreams().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void linesArriveHoweverTheyAreCut(String how) throws IOException {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Drestbus.seed=" + seed + ")");
        Random random = new Random(seed);
        try (RawHttp http = new RawHttp(port)) {
            for (int round = 0; round < 200; round++) {
                int lines = random.nextInt(round % 5 == 0 ? 20_000 : 50);
                byte[] body = lines(lines, random);
                http.send(head(how, CHUNKED));
                for (int at = 0; at < body.length; ) {
                    int count = Math.min(1 + random.nextInt(body.length), body.length - at);
                    http.send(chunk(Arrays.copyOfRange(body, at, at + count)));
                    at += count;
                }
                Reply reply = http.send("0\r\n\r\n").read();
                assertThat(reply.body()).isEqualTo(lines + "|");
                assertThat(reply.header("Connection")).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void bodiesOfKnownLengthAndEmptyOnesWorkToo(String how) throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            String body = "a\nb\nrest";
            assertThat(http.send(head(how, "Content-Length: 8\r\n") + body).read().body())
                    .isEqualTo("2|rest");
            assertThat(http.send(head(how, "Content-Length: 0\r\n")).read().body()).isEqualTo("0|");
            assertThat(http.send(head(how, "")).read().body()).isEqualTo("0|");
            assertThat(http.send(head(how, CHUNKED) + "0\r\n\r\n").read().body()).isEqualTo("0|");
            for (byte b : (head(how, "Content-Length: 8\r\n") + body).getBytes()) {
                http.send(new byte[] {b});
            }
            assertThat(http.read().body()).isEqualTo("2|rest");
            String two = head(how, "Content-Length: 2\r\n") + "a\n";
            http.send(two + two);
            assertThat(http.read().body()).isEqualTo("1|");
            assertThat(http.read().body()).isEqualTo("1|");
        }
    }

    @Test
    void anotherTypeIsReadWhole() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            String head =
                    "POST /stream/now HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/x\r\n";
            assertThat(http.send(head + "Content-Length: 2\r\n\r\na\n").read().body())
                    .isEqualTo("whole 2");
        }
    }

    @Test
    void theNextPieceIsReadAfterTheLastOneWasTaken() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("held", CHUNKED)).send(chunk("1\n"));
            Held first = nextHeld();
            assertThat(first.lines()).isEqualTo("1\n");
            http.send(chunk("2\n")).send(chunk("3\n4"));
            assertThat(http.answersWithin(50)).isFalse();
            assertThat(BodyStreamNode.HELD).isEmpty();
            first.goOn();
            int lines = 1;
            while (lines < 3) {
                Held next = nextHeld();
                lines += next.lines().length() / 2;
                next.goOn();
            }
            assertThat(http.send("0\r\n\r\n").read().body()).isEqualTo("3|4");
        }
    }

    @Test
    void aFastCallerIsHeldBackByItsConnection() throws Exception {
        byte[] megabyte = chunk("x".repeat(99).concat("\n").repeat(10_000));
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("held", CHUNKED));
            Thread sender =
                    new Thread(
                            () -> {
                                try {
                                    for (int i = 0; i < 64; i++) {
                                        http.send(megabyte);
                                    }
                                    http.send("0\r\n\r\n");
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            sender.start();
            Held held = nextHeld();
            sender.join(300);
            assertThat(sender.isAlive()).isTrue();
            assertThat(admission.bytesTaken()).isLessThan(1 << 20);
            int lines = 0;
            while (held != null) {
                lines += held.lines().length() / 100;
                held.goOn();
                held = lines == 640_000 ? null : nextHeld();
            }
            sender.join();
            assertThat(http.read().body()).isEqualTo("640000|");
        }
    }

    @Test
    void aLongLineGrowsTheBufferAndTooLongAOneIsTheConsumersToRefuse() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            String line = "x".repeat(1_500_000) + "\n";
            http.send(head("now", CHUNKED)).send(chunk("a\n" + line + "b\n"));
            assertThat(http.send("0\r\n\r\n").read().body()).isEqualTo("3|");
            http.send(head("now", CHUNKED)).send(chunk("x".repeat(2_500_000)));
            Reply reply = http.read();
            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.header("Connection")).isEqualTo("close");
            assertThat(http.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void anEarlyAnswerReachesACallerWhoStillSends(String how) throws IOException {
        byte[] megabyte = chunk("x".repeat(1 << 20));
        for (int round = 0; round < 20; round++) {
            try (RawHttp http = new RawHttp(port)) {
                http.send(head(how, CHUNKED)).send(chunk("a\n")).send(chunk("stop\n"));
                http.send(megabyte).send(megabyte);
                Reply reply = http.read();
                // A line that came in one piece with the one that stopped it was not taken.
                assertThat(reply.body()).matches("[01]\\|stopped");
                assertThat(reply.header("Connection")).isEqualTo("close");
                assertThat(http.isClosed()).isTrue();
            }
        }
    }

    @Test
    void anEarlyAnswerToAWholeBodyKeepsTheConnection() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply = http.send(head("now", "Content-Length: 5\r\n") + "stop\n").read();
            assertThat(reply.body()).isEqualTo("0|stopped");
            String next = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx";
            if (reply.header("Connection").isEmpty()) {
                assertThat(http.send(next).read().body()).isEqualTo("x");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fail", "bug", "refused"})
    void aFailureIsAnsweredAsAnyOther(String what) throws IOException {
        int status = what.equals("fail") ? 507 : what.equals("bug") ? 500 : 422;
        String how = what.equals("refused") ? what : "now";
        for (boolean whole : new boolean[] {true, false}) {
            try (RawHttp http = new RawHttp(port)) {
                http.send(head(how, CHUNKED)).send(chunk("a\n")).send(chunk(what + "\n"));
                Reply reply = (whole ? http.send("0\r\n\r\n") : http).read();
                assertThat(reply.status()).as(reply.body()).isEqualTo(status);
                assertThat(reply.body()).doesNotContain("secret");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void aStalledOrDrippedBodyIsCutAfterItsWholeLinesWereTaken(String how) throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head(how, CHUNKED)).send(chunk("a\nb\nhalf"));
            Reply reply = http.read();
            assertThat(reply.body()).isEqualTo("2|body-timeout");
            assertThat(http.isClosed()).isTrue();
        }
        try (RawHttp http = new RawHttp(port)) {
            http.send(head(how, CHUNKED));
            int sent = 0;
            while (!http.answersWithin(20)) {
                http.send(chunk("\n"));
                sent++;
            }
            String[] end = http.read().body().split("\\|");
            assertThat(end[1]).isEqualTo("body-timeout");
            assertThat(Integer.parseInt(end[0])).isBetween(sent - 20, sent);
        }
    }

    @Test
    void theTimeThatTheConsumerTakesIsNotTheCallers() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            // Large enough that nothing is read beside it.
            byte[] piece = chunk("x\n".repeat(200_000));
            http.send(head("held", CHUNKED)).send(piece);
            Held held = nextHeld();
            assertThat(http.answersWithin(2_500)).isFalse();
            int lines = 0;
            while (true) {
                lines += held.lines().length() / 2;
                held.goOn();
                if (lines == 200_000) {
                    break;
                }
                held = nextHeld();
            }
            assertThat(http.send("0\r\n\r\n").read().body()).isEqualTo("200000|");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "later"})
    void aCallerWhoLeavesLeavesItsWholeLines(String how) throws Exception {
        for (int round = 0; round < 20; round++) {
            try (RawHttp http = new RawHttp(port)) {
                http.send(head(how, CHUNKED)).send(chunk("a\nb\nhalf"));
            }
            assertThat(BodyStreamNode.ENDS.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("2|malformed-request");
        }
    }

    @Test
    void aCallerWhoLeavesDuringAStepIsNoticedBehindIt() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("held", CHUNKED)).send(chunk("a\n"));
            nextHeldAfter(http::close).goOn();
        }
        assertThat(BodyStreamNode.ENDS.poll(10, TimeUnit.SECONDS)).isEqualTo("1|malformed-request");
    }

    @Test
    void badFramingIsToldAfterWholeLinesWereTaken() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("now", CHUNKED)).send(chunk("a\n")).send("zz\r\nb\n\r\n");
            assertThat(http.read().body()).endsWith("|malformed-request");
            assertThat(http.isClosed()).isTrue();
        }
        // Found by the thread that reads on after a step.
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("held", CHUNKED)).send(chunk("a\n"));
            Held held = nextHeld();
            http.send("zz\r\nb\n\r\n");
            assertThat(http.answersWithin(100)).isFalse();
            held.goOn();
            assertThat(http.read().body()).isEqualTo("1|malformed-request");
            assertThat(http.isClosed()).isTrue();
        }
    }

    @Test
    void encodedLinesAreDecodedAsTheyCome() throws Exception {
        byte[] plain = lines(40_000, new Random(1));
        byte[] encoded = gzip(plain);
        for (String how : List.of("now", "later")) {
            try (RawHttp http = new RawHttp(port)) {
                String gzip = "Content-Encoding: gzip\r\n";
                http.send(head(how, gzip + "Content-Length: " + encoded.length + "\r\n"));
                assertThat(http.send(encoded).read().body()).isEqualTo("40000|");
                http.send(head(how, gzip + CHUNKED));
                http.send(chunk(Arrays.copyOf(encoded, encoded.length / 2)));
                Reply cut = http.send("0\r\n\r\n").read();
                assertThat(cut.body()).endsWith("|malformed-encoding");
                assertThat(Integer.parseInt(cut.body().split("\\|")[0])).isBetween(15_000, 25_000);
            }
            try (RawHttp http = new RawHttp(port)) {
                byte[] bomb =
                        gzip(
                                ("x".repeat(999) + "\n")
                                        .repeat(50_000)
                                        .getBytes(StandardCharsets.US_ASCII));
                http.send(head(how, "Content-Encoding: gzip\r\n" + CHUNKED)).send(chunk(bomb));
                assertThat(http.read().body()).endsWith("|body-too-large");
            }
        }
        assertThat(unsupported()).isEqualTo(415);
    }

    private int unsupported() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            return http.send(head("now", "Content-Encoding: br\r\n" + CHUNKED) + "0\r\n\r\n")
                    .read()
                    .status();
        }
    }

    @Test
    void whatIsBeyondTheMemoryIsRefusedAndTheOthersGoOn() throws Exception {
        List<RawHttp> open = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                RawHttp http = new RawHttp(port);
                open.add(http);
                http.send(head("now", CHUNKED)).send(chunk("x".repeat(1_800_000)));
                int expected = i + 1;
                // Each holds 2 MiB once all of it is read.
                await(() -> admission.bytesTaken() > expected * 2_000_000L);
            }
            try (RawHttp http = new RawHttp(port)) {
                http.send(head("now", CHUNKED)).send(chunk("a\n" + "x".repeat(2_000_000)));
                assertThat(http.read().body()).endsWith("|backpressure");
            }
            for (RawHttp http : open) {
                http.send(chunk("\n"));
                assertThat(http.send("0\r\n\r\n").read().body()).isEqualTo("1|");
            }
        } finally {
            for (RawHttp http : open) {
                http.close();
            }
        }
    }

    @Test
    void manySlowStreamsDoNotHoldUpAFastCaller() throws Exception {
        List<RawHttp> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                RawHttp http = new RawHttp(port);
                slow.add(http);
                http.send(head(i % 2 == 0 ? "now" : "held", CHUNKED)).send(chunk("a\nb"));
            }
            await(() -> BodyStreamNode.BEGUN.get() == 200);
            try (RawHttp fast = new RawHttp(port)) {
                for (int i = 0; i < 100; i++) {
                    assertThat(
                                    fast.send(
                                                    "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                                                            + "Content-Length: 1\r\n\r\nx")
                                            .read()
                                            .body())
                            .isEqualTo("x");
                }
            }
            assertThat(admission.bodyStreams()).hasSize(200);
        } finally {
            for (RawHttp http : slow) {
                http.close();
            }
            for (int i = 0; i < 100; i++) {
                nextHeld().goOn();
            }
        }
    }

    @Test
    void continueIsSentToACallerWhoAsks() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("now", "Expect: 100-continue\r\nContent-Length: 2\r\n"));
            assertThat(http.read(false).status()).isEqualTo(100);
            assertThat(http.send("a\n").read().body()).isEqualTo("1|");
        }
    }

    @Test
    void aStopEndsTheStreamsThatGoOn() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(head("now", CHUNKED)).send(chunk("a\nhalf"));
            await(() -> BodyStreamNode.BEGUN.get() == 1 && admission.bodyStreams().size() == 1);
            admission.bodyStreams().forEach(BodyStream::shutDown);
            assertThat(http.read().body()).endsWith("|shutting-down");
        }
    }

    private static Held nextHeld() throws InterruptedException {
        Held held = BodyStreamNode.HELD.poll(20, TimeUnit.SECONDS);
        assertThat(held).isNotNull();
        return held;
    }

    private interface Act {
        void run() throws IOException;
    }

    private static Held nextHeldAfter(Act act) throws Exception {
        Held held = nextHeld();
        act.run();
        return held;
    }

    private static void await(BooleanSupplier reached) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.yield();
        }
    }

    private static String head(String how, String headers) {
        return "POST /stream/"
                + how
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/lines;charset=utf-8\r\n"
                + headers
                + "\r\n";
    }

    private static byte[] chunk(String text) {
        return chunk(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] chunk(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(bytes);
        out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static byte[] lines(int count, Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            for (int n = random.nextInt(40); n > 0; n--) {
                text.append((char) ('g' + random.nextInt(3)));
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }
}
