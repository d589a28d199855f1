package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.ProblemCode;
import dev.restbus.door.RawHttp.Reply;
import dev.restbus.door.StreamNode.Fed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Answers that come piece by piece, over raw sockets. */
@SpringBootTest(
        classes = StreamNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "bus.door.max-streams=1000",
            "bus.door.max-threads=4",
            "bus.door.body-timeout-ms=300",
            "bus.door.header-timeout-ms=300",
            "bus.door.stream-stall-ms=60000"
        })
class StreamTest {

    private static final String HEAD = " HTTP/1.1\r\nHost: localhost\r\n\r\n";

    @LocalServerPort private int port;

    @Autowired private Admission admission;

    @AfterEach
    void nothingIsLeftOpen() {
        await(() -> admission.answerStreams().count() == 0);
        assertThat(admission.bytesTaken()).isZero();
        assertThat(StreamNode.STREAMS).isEmpty();
    }

    @Test
    void piecesLeaveWhenTheyAreMade() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            Fed stream = open(http, "/fed");
            assertThat(http.read(false).header("Transfer-Encoding")).isEqualTo("chunked");
            for (String text : List.of("one", "two", "x".repeat(50_000), "four")) {
                stream.feed(text);
                assertThat(readAtLeast(http, text.length())).isEqualTo(text);
            }
            stream.feed("");
            assertThat(http.chunk()).isEmpty();
            assertThat(stream.closed).hasValue(1);
            // The connection goes on to serve.
            assertThat(http.send("GET /plain" + HEAD).read().body()).isEqualTo("{}");
            assertThat(stream.firstThread.join()).startsWith("door-stream-");
        }
    }

    @Test
    void aPieceThatIsThereLeavesWithTheHead() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            Fed stream = open(http, "/fed");
            stream.feed("early");
            stream.feed("");
            assertThat(http.read().body()).isEqualTo("early");
        }
    }

    /** A failed write of one must never be taken for one of whoever has its processor next. */
    @Test
    void callersThatLeaveInTheMiddleDoNotTouchTheNext() throws Exception {
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            callers.add(CompletableFuture.runAsync(this::comeAndLeave));
        }
        callers.forEach(CompletableFuture::join);
        await(() -> admission.answerStreams().count() == 0);
        StreamNode.STREAMS.clear();
    }

    private void comeAndLeave() {
        for (int i = 0; i < 1_500; i++) {
            try (RawHttp http = new RawHttp(port)) {
                http.send("GET /flood" + HEAD);
                assertThat(http.read(false).status()).as("call %d", i).isEqualTo(200);
            } catch (IOException e) {
                throw new UncheckedIOException("call " + i, e);
            }
        }
    }

    @Test
    void headOfAStreamHasNoBody() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send("HEAD /fed" + HEAD);
            Fed stream = nextStream();
            Reply head = http.read(false);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Type")).startsWith("text/plain");
            await(() -> stream.closed.get() == 1);
            assertThat(http.send("GET /plain" + HEAD).read().body()).isEqualTo("{}");
        }
    }

    @Test
    void aSlowReaderHoldsOnePieceAndNobodyElse() throws Exception {
        List<RawHttp> slow = new ArrayList<>();
        List<Fed> streams = new ArrayList<>();
        try (RawHttp fast = new RawHttp(port)) {
            for (int i = 0; i < 20; i++) {
                RawHttp http = new RawHttp(port);
                slow.add(http);
                streams.add(open(http, "/flood"));
            }
            Fed flood = open(fast, "/flood");
            fast.read(false);
            readAtLeast(fast, 20_000_000);
            assertThat(flood.made.get()).isGreaterThan(20_000_000 / AnswerStream.PIECE_BYTES);
            // What the kernels buffer is bounded; so the slow ones come to a stop.
            await(() -> isStill(streams));
            assertThat(admission.bytesTaken()).isLessThanOrEqualTo(21L * AnswerStream.PIECE_BYTES);
            try (RawHttp other = new RawHttp(port)) {
                assertThat(other.send("GET /plain" + HEAD).read().status()).isEqualTo(200);
            }
        } finally {
            for (RawHttp http : slow) {
                http.close();
            }
        }
        for (Fed stream : streams) {
            await(() -> stream.closed.get() == 1);
        }
    }

    @Test
    void aReaderThatLeavesAnIdleStreamEndsIt() throws Exception {
        RawHttp http = new RawHttp(port);
        Fed stream = open(http, "/fed");
        http.read(false);
        http.close();
        await(() -> stream.closed.get() == 1);
        assertThat(stream.made).hasValue(0);
    }

    @Test
    void aProblemIsSaidLast() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            Fed stream = open(http, "/fed");
            stream.feed("first ");
            stream.fail(ProblemCode.OFFSET_OUT_OF_RANGE.exception("gone"));
            assertThat(http.read().body()).isEqualTo("first bye offset-out-of-range");
            await(() -> stream.closed.get() == 1);
        }
    }

    @Test
    void afterAFaultTheAnswerIsNotWhole() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            Fed stream = open(http, "/fed");
            http.read(false);
            stream.fail(new IllegalStateException("a bug, on purpose"));
            assertThatThrownBy(http::chunk).isInstanceOf(IOException.class);
            await(() -> stream.closed.get() == 1);
        }
    }

    @Test
    void aThousandIdleStreamsHoldNoThreadAndOneMoreIsRefused() throws Exception {
        List<RawHttp> idle = new ArrayList<>();
        List<Fed> streams = new ArrayList<>();
        try {
            // Other nodes of this process have threads too.
            long before = threads("http-") + threads("door-stream-");
            for (int i = 0; i < 1_000; i++) {
                RawHttp http = new RawHttp(port);
                idle.add(http);
                streams.add(open(http, "/fed"));
                http.read(false);
            }
            int pools = 4 + Math.max(2, Runtime.getRuntime().availableProcessors());
            assertThat(threads("http-") + threads("door-stream-"))
                    .isLessThanOrEqualTo(before + pools);
            oneMoreIsRefused();
            streams.forEach(stream -> stream.feed("x"));
            for (RawHttp http : idle) {
                assertThat(http.chunk()).isEqualTo("x");
            }
        } finally {
            for (RawHttp http : idle) {
                http.close();
            }
        }
    }

    private void oneMoreIsRefused() throws Exception {
        try (RawHttp other = new RawHttp(port)) {
            Fed refused = open(other, "/fed");
            Reply answer = other.read();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.body()).contains("\"code\":\"too-many-parked\"");
            assertThat(answer.header("Retry-After")).isEqualTo("1");
            await(() -> refused.closed.get() == 1);
            assertThat(other.send("GET /plain" + HEAD).read().status()).isEqualTo(200);
        }
    }

    /** Whether the streams have made nothing since they were last looked at. */
    private static boolean isStill(List<Fed> streams) {
        int before = streams.stream().mapToInt(stream -> stream.made.get()).sum();
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        return before == streams.stream().mapToInt(stream -> stream.made.get()).sum();
    }

    private static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    private static String readAtLeast(RawHttp http, int bytes) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.length() < bytes) {
            text.append(http.chunk());
        }
        return text.toString();
    }

    static Fed open(RawHttp http, String path) throws Exception {
        http.send("GET " + path + HEAD);
        return nextStream();
    }

    private static Fed nextStream() throws InterruptedException {
        Fed stream = StreamNode.STREAMS.poll(10, TimeUnit.SECONDS);
        assertThat(stream).isNotNull();
        return stream;
    }

    static void await(BooleanSupplier reached) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.yield();
        }
    }
}
