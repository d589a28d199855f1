package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.encoding.ContentEncoder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerEncodingTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none                          | none",
                "''                            | none",
                "gzip                          | gzip",
                "GZIP, deflate, br             | gzip",
                "x-gzip                        | gzip",
                "gzip, deflate, br, zstd       | zstd",
                "zstd;q=0.5, gzip              | gzip",
                "zstd, gzip;q=0.5              | zstd",
                "gzip;q=0                      | none",
                "gzip;q=0, zstd                | zstd",
                "*                             | gzip",
                "*;q=0                         | none",
                "gzip;q=0, *                   | none",
                "identity                      | none",
                "identity, gzip;q=0.5          | none",
                "identity;q=0.5, gzip          | gzip",
                "br                            | none",
                "gzip;q=x                      | gzip",
            })
    void theEncodingIsNegotiated(String accept, String expected) {
        ContentEncoder chosen = ContentEncoder.choose(accept);
        assertThat(chosen == null ? null : chosen.token()).isEqualTo(expected);
    }

    @Test
    void whatIsEncodedDecodesToTheSame() throws IOException {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("AnswerEncodingTest seed " + seed);
        Random random = new Random(seed);
        for (int length : new int[] {0, 1, 2_048, 70_000, 1_000_000}) {
            byte[] noise = new byte[length + 7];
            random.nextBytes(noise);
            Arrays.fill(noise, length / 2, length, (byte) 'x');
            Slice body = new Slice(noise, 5, length);
            byte[] expected = Arrays.copyOfRange(noise, 5, 5 + length);
            byte[] gzip = bytes(ContentEncoder.GZIP.encode(body));
            try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
                assertThat(in.readAllBytes()).as("seed %d", seed).isEqualTo(expected);
            }
            byte[] zstd = bytes(ContentEncoder.ZSTD.encode(body));
            assertThat(Zstd.decompress(zstd, length)).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void onlyTextIsWorthIt() {
        for (String type :
                new String[] {
                    "application/json",
                    "application/problem+json",
                    "text/html;charset=UTF-8",
                    "Application/JSON",
                    "text/javascript",
                    "application/javascript"
                }) {
            assertThat(ContentEncoder.suits(type)).as(type).isTrue();
        }
        for (String type : new String[] {null, "image/png", "application/octet-stream"}) {
            assertThat(ContentEncoder.suits(type)).as(type).isFalse();
        }
    }

    private static byte[] bytes(Slice slice) {
        return slice.length() == 0
                ? "".getBytes(StandardCharsets.UTF_8)
                : Arrays.copyOfRange(slice.bytes(), slice.at(), slice.at() + slice.length());
    }
}
