package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.restbus.standalone.RunningBus.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers in gzip and zstd, for whoever asks. */
class CompressedAnswersTest {

    private static final String RECORDS = "/v1/topics/packed/partitions/0/records";

    @TempDir static Path data;

    private static RunningBus bus;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
        bus.put("/v1/topics/packed", "{\"partitions\":1}");
        for (int i = 0; i < 3; i++) {
            bus.post("/v1/topics/packed", "{\"n\":\"" + "packed ".repeat(40_000) + "\"}");
        }
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    @Test
    void everyKindOfAnswerIsTheSameInEveryEncoding() throws IOException {
        String unknown = "/v1/topics/" + "u".repeat(240) + "?" + "x".repeat(2_000) + "=1";
        for (String path :
                List.of(
                        RECORDS, // larger than what is written at once
                        RECORDS + "?max=1",
                        "/v1/topics/packed/records?max=1",
                        "/v3/api-docs",
                        "/swagger-ui/swagger-ui.css",
                        "/actuator/prometheus",
                        unknown)) {
            Reply plain = bus.get(path, "Request-Id", "same");
            assertThat(plain.header("Content-Encoding")).as(path).isEmpty();
            assertThat(plain.body().length()).as(path).isGreaterThan(2_048);
            for (String encoding : List.of("gzip", "zstd")) {
                Reply packed = bus.get(path, "Accept-Encoding", encoding, "Request-Id", "same");
                assertThat(packed.status()).isEqualTo(plain.status());
                assertThat(packed.header("Content-Encoding")).as(path).isEqualTo(encoding);
                assertThat(packed.raw().headers().allValues("Vary")).contains("Accept-Encoding");
                assertThat(packed.raw().body().length).isLessThan(plain.raw().body().length);
                if (!path.contains("prometheus")) {
                    assertThat(decoded(packed, encoding)).as(path).isEqualTo(plain.body());
                }
            }
        }
    }

    @Test
    void aParkedReadIsEncodedToo() throws IOException {
        bus.put("/v1/topics/parked", "{\"partitions\":1}");
        String path = "/v1/topics/parked/partitions/0/records?wait=20s";
        var waiting = bus.sendAsync("GET", path, null, "Accept-Encoding", "gzip");
        bus.post("/v1/topics/parked", "\"" + "late ".repeat(2_000) + "\"");
        Reply packed = RunningBus.await(waiting);
        assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(decoded(packed, "gzip")).contains("late late");
    }

    @Test
    void shortAnswersTaggedRecordsAndStreamsAreNotTouched() {
        for (String path :
                List.of(
                        RECORDS + "?offset=latest",
                        RECORDS + "/0",
                        "/v1/topics/packed",
                        "/v1/topics/nowhere")) {
            Reply reply = bus.get(path, "Accept-Encoding", "gzip, zstd");
            assertThat(reply.header("Content-Encoding")).as(path).isEmpty();
        }
        Reply lines =
                bus.get(
                        RECORDS + "?wait=0",
                        "Accept-Encoding",
                        "gzip",
                        "Accept",
                        "application/x-ndjson");
        assertThat(lines.header("Content-Encoding")).isEmpty();
        assertThat(lines.body()).hasLineCount(3);
    }

    private static String decoded(Reply reply, String encoding) throws IOException {
        byte[] body = reply.raw().body();
        if (encoding.equals("zstd")) {
            int size = (int) Zstd.getFrameContentSize(body);
            return new String(Zstd.decompress(body, size), StandardCharsets.UTF_8);
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
