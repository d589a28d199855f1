package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.restbus.door.RawHttp.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Compressed bodies over a raw socket, to hot routes and to Spring MVC. */
@SpringBootTest(
        classes = TestNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "bus.door.body-timeout-ms=2000",
            "bus.door.linger-ms=200",
            "bus.door.max-body-memory-bytes=40000000"
        })
class EncodedBodiesTest {

    private static final String THING =
            "{\"partitions\":2,\"color\":\"RED\",\"part\":{\"size\":3}}";

    @LocalServerPort private int port;

    @Autowired private Admission admission;

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "zstd", "identity", "GZIP"})
    void hotAndMvcBodiesAreDecodedHoweverTheyAreFramed(String encoding) throws IOException {
        byte[] hot = encode(encoding, "hello".getBytes(StandardCharsets.UTF_8));
        byte[] mvc = encode(encoding, THING.getBytes(StandardCharsets.UTF_8));
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(sized("POST /hot/a", encoding, hot)).read().body())
                    .isEqualTo("a|null|null|hello");
            assertThat(http.send(sized("PUT /v1/things/a", encoding, mvc)).read().body())
                    .isEqualTo(THING);
            assertThat(http.send(chunked("POST /hot/a", encoding, hot)).read().body())
                    .isEqualTo("a|null|null|hello");
            assertThat(http.send(chunked("PUT /v1/things/a", encoding, mvc)).read().body())
                    .isEqualTo(THING);
            for (byte b : sized("PUT /v1/things/a", encoding, mvc)) {
                http.send(new byte[] {b});
            }
            assertThat(http.read().body()).isEqualTo(THING);
            assertThat(http.send("GET /hot/b HTTP/1.1\r\nHost: localhost\r\n\r\n").read().body())
                    .isEqualTo("b|1");
        }
        assertThat(admission.bytesTaken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aLargeBodyOfFewRepetitionsArrivesWhole(String encoding) throws IOException {
        byte[] plain = letters(6_000_000);
        byte[] encoded = encode(encoding, plain);
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(sized("POST /size", encoding, encoded)).read().body())
                    .isEqualTo("6000000");
            assertThat(http.send(chunked("POST /size", encoding, encoded)).read().body())
                    .isEqualTo("6000000");
        }
        assertThat(admission.bytesTaken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void whatIsCutDamagedOrFollowedByMoreIsMalformed(String encoding) throws IOException {
        byte[] whole = encode(encoding, letters(500));
        byte[] damaged = whole.clone();
        damaged[0] ^= 1;
        for (byte[] bad :
                new byte[][] {
                    Arrays.copyOf(whole, whole.length - 1),
                    Arrays.copyOf(whole, 3),
                    Arrays.copyOf(whole, whole.length + 1),
                    damaged
                }) {
            for (String target : new String[] {"POST /hot/a", "PUT /v1/things/a"}) {
                for (byte[] request :
                        new byte[][] {
                            sized(target, encoding, bad), chunked(target, encoding, bad)
                        }) {
                    assertRefused(request, 400, "malformed-encoding", "Content-Encoding");
                }
            }
        }
        assertThat(admission.bytesTaken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "gzip, gzip", "deflate", "zstd, identity"})
    void otherEncodingsAreNotSupported(String encoding) throws IOException {
        assertRefused(
                sized("POST /hot/a", encoding, new byte[] {'x'}),
                415,
                "unsupported-encoding",
                "Content-Encoding");
        assertRefused(
                sized("POST /hot/a", "gzip\r\nContent-Encoding: gzip", new byte[] {'x'}),
                415,
                "unsupported-encoding",
                "Content-Encoding");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void limitsHoldForWhatIsDecoded(String encoding) throws IOException {
        byte[] bomb = encode(encoding, new byte[100 << 20]);
        byte[] large = encode(encoding, letters(9 << 20));
        assertThat(large.length).isLessThan(8 << 20);
        for (String target : new String[] {"POST /size", "PUT /v1/things/a"}) {
            assertRefused(sized(target, encoding, bomb), 413, "body-too-large", null);
            assertRefused(chunked(target, encoding, bomb), 413, "body-too-large", null);
            assertRefused(sized(target, encoding, large), 413, "body-too-large", null);
            assertRefused(chunked(target, encoding, large), 413, "body-too-large", null);
        }
        byte[] megabyte = encode(encoding, new byte[1 << 20]);
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(sized("POST /size", encoding, megabyte)).read().body())
                    .isEqualTo("1048576");
        }
        assertThat(admission.bytesTaken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void whatIsDecodedCountsAsMemoryUntilTheCallerIsGone(String encoding) throws IOException {
        byte[] request = sized("POST /size", encoding, encode(encoding, letters(4_000_000)));
        try (RawHttp http = new RawHttp(port)) {
            http.send(Arrays.copyOf(request, request.length - 1));
            // All but the end of it is decoded, and the buffer is no smaller than that.
            await(() -> admission.bytesTaken() > 3_800_000);
            assertThat(http.send(Arrays.copyOfRange(request, request.length - 1, request.length)))
                    .isNotNull();
            assertThat(http.read().body()).isEqualTo("4000000");
            assertThat(admission.bytesTaken()).isZero();
        }
        try (RawHttp http = new RawHttp(port)) {
            http.send(Arrays.copyOf(request, request.length - 1));
            await(() -> admission.bytesTaken() > 3_800_000);
        }
        await(() -> admission.bytesTaken() == 0);
    }

    @Test
    void aRefusalReachesACallerWhoStillSends() throws IOException {
        for (int round = 0; round < 20; round++) {
            try (RawHttp http = new RawHttp(port)) {
                http.send("POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n");
                http.send("\r\n");
                for (int i = 0; i < 5; i++) {
                    http.send(new byte[1_000_000]);
                }
                assertThat(http.read().status()).isEqualTo(404);
            }
        }
    }

    @Test
    void manyDrippedBodiesDoNotHoldUpAFastOne() throws IOException {
        byte[] request = sized("POST /hot/a", "gzip", encode("gzip", letters(500)));
        RawHttp[] slow = new RawHttp[100];
        try (RawHttp fast = new RawHttp(port)) {
            for (int i = 0; i < slow.length; i++) {
                slow[i] = new RawHttp(port);
                slow[i].send(Arrays.copyOf(request, request.length / 2));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(fast.send(request).read().status()).isEqualTo(200);
            }
        } finally {
            for (RawHttp http : slow) {
                http.close();
            }
        }
    }

    private void assertRefused(byte[] request, int status, String code, String pointer)
            throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply = http.send(request).read();
            assertThat(reply.status()).as(reply.body()).isEqualTo(status);
            JsonNode problem = JsonMapper.shared().readTree(reply.body());
            assertThat(problem.path("code").asString()).isEqualTo(code);
            assertThat(problem.path("outcome").asString()).isEqualTo("none");
            if (pointer != null) {
                assertThat(problem.path("errors").get(0).path("pointer").asString())
                        .isEqualTo(pointer);
            }
        }
    }

    private static void await(BooleanSupplier reached) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.yield();
        }
    }

    /** Always the same ones; they shrink to about six tenths. */
    private static byte[] letters(int count) {
        Random random = new Random(count);
        byte[] letters = new byte[count];
        for (int i = 0; i < count; i++) {
            letters[i] = (byte) ('a' + random.nextInt(26));
        }
        return letters;
    }

    private static byte[] encode(String encoding, byte[] plain) throws IOException {
        switch (encoding) {
            case "identity":
                return plain;
            case "zstd":
                return Zstd.compress(plain);
            default:
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (OutputStream gzip = new GZIPOutputStream(out)) {
                    gzip.write(plain);
                }
                return out.toByteArray();
        }
    }

    private static byte[] sized(String target, String encoding, byte[] body) throws IOException {
        return request(target, encoding, "Content-Length: " + body.length, body);
    }

    private static byte[] chunked(String target, String encoding, byte[] body) throws IOException {
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        for (int at = 0; at < body.length; at += 50_000) {
            int count = Math.min(50_000, body.length - at);
            framed.write((Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            framed.write(body, at, count);
            framed.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        framed.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return request(target, encoding, "Transfer-Encoding: chunked", framed.toByteArray());
    }

    private static byte[] request(String target, String encoding, String framing, byte[] body)
            throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        String head =
                target
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: "
                        + encoding
                        + "\r\n"
                        + framing
                        + "\r\n\r\n";
        request.write(head.getBytes(StandardCharsets.US_ASCII));
        request.write(body);
        return request.toByteArray();
    }
}
