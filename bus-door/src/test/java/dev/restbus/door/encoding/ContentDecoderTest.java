package dev.restbus.door.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.restbus.api.BusException;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the encoders of others, with the input cut anywhere and any room for the output. */
class ContentDecoderTest {

    private final long seed = Long.getLong("restbus.seed", System.nanoTime());
    private final Random random = new Random(seed);

    ContentDecoderTest() {
        System.out.println("seed " + seed + " (repeat with -Drestbus.seed=" + seed + ")");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void anyCutOfAnyNumberOfPartsDecodes(String encoding) throws IOException {
        for (int round = 0; round < 300; round++) {
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            ByteArrayOutputStream encoded = new ByteArrayOutputStream();
            int parts = 1 + random.nextInt(3);
            for (int i = 0; i < parts; i++) {
                byte[] part = text(random.nextInt(round % 10 == 0 ? 300_000 : 3_000));
                plain.write(part);
                encoded.write(encode(encoding, part));
            }
            assertThat(decode(encoding, encoded.toByteArray())).isEqualTo(plain.toByteArray());
        }
    }

    @Test
    void everyPartOfAGzipHeaderMayBeThere() throws IOException {
        byte[] content = text(500);
        for (int flags = 0; flags < 32; flags++) {
            byte[] encoded = gzip(content, flags);
            assertThat(decode("gzip", encoded)).as("flags %s", flags).isEqualTo(content);
            if ((flags & 2) != 0) {
                encoded[4] ^= 1;
                assertMalformed("gzip", encoded);
            }
        }
        assertMalformed("gzip", gzip(content, 32));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void everyCutIsMalformedAndSoIsWhatStandsBehind(String encoding) throws IOException {
        byte[] encoded = encode(encoding, text(300));
        for (int length = 0; length < encoded.length; length++) {
            assertMalformed(encoding, Arrays.copyOf(encoded, length));
        }
        for (String more : new String[] {"\n", "\0\0\0\0", "{\"a\":1}"}) {
            byte[] behind = more.getBytes(StandardCharsets.US_ASCII);
            byte[] both = Arrays.copyOf(encoded, encoded.length + behind.length);
            System.arraycopy(behind, 0, both, encoded.length, behind.length);
            assertMalformed(encoding, both);
        }
    }

    @Test
    void everyDamagedBitOfAGzipTrailerIsFound() throws IOException {
        byte[] encoded = encode("gzip", text(300));
        for (int bit = 0; bit < 64; bit++) {
            byte[] damaged = encoded.clone();
            damaged[encoded.length - 1 - bit / 8] ^= (byte) (1 << bit % 8);
            assertMalformed("gzip", damaged);
        }
    }

    @Test
    void aDamagedZstdFrameWithAChecksumIsFound() throws IOException {
        byte[] encoded = encode("zstd", text(3_000));
        for (int i = 0; i < encoded.length; i++) {
            byte[] damaged = encoded.clone();
            damaged[i] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(decode("zstd", damaged)).isEqualTo(text("zstd", encoded));
            } catch (BusException e) {
                assertThat(e.problem().code())
                        .isIn(ProblemCode.MALFORMED_ENCODING, ProblemCode.UNSUPPORTED_ENCODING);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aBombIsStoppedEarlyButAFreeMegabyteIsNot(String encoding) throws IOException {
        byte[] megabyte = new byte[1 << 20];
        assertThat(decode(encoding, encode(encoding, megabyte))).isEqualTo(megabyte);
        byte[] bomb = encode(encoding, new byte[64 << 20]);
        assertThatThrownBy(() -> decode(encoding, bomb))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(ProblemCode.BODY_TOO_LARGE);
                            assertThat(e.problem().extra()).containsEntry("maxRatio", 20);
                        });
    }

    @Test
    void aZstdWindowAboveEightMegabytesIsRefused() throws IOException {
        for (int windowLog : new int[] {23, 24, 27}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(out)) {
                zstd.setLong(windowLog);
                zstd.write(text(1_000));
                zstd.flush();
            }
            byte[] encoded = out.toByteArray();
            if (windowLog == 23) {
                assertThat(decode("zstd", encoded)).hasSize(1_000);
            } else {
                assertThatThrownBy(() -> decode("zstd", encoded))
                        .isInstanceOfSatisfying(
                                BusException.class,
                                e ->
                                        assertThat(e.problem().code())
                                                .isEqualTo(ProblemCode.UNSUPPORTED_ENCODING));
            }
        }
    }

    @Test
    void onlyOneKnownEncodingIsTaken() {
        for (String plain : new String[] {null, "", "identity", " Identity "}) {
            assertThat(ContentDecoder.of(plain)).isNull();
        }
        for (String known : new String[] {"gzip", "GZip", "x-gzip", "zstd"}) {
            try (ContentDecoder decoder = ContentDecoder.of(known)) {
                assertThat(decoder).isNotNull();
            }
        }
        for (String unknown : new String[] {"br", "deflate", "gzip, gzip", "identity, zstd"}) {
            assertThatThrownBy(() -> ContentDecoder.of(unknown))
                    .isInstanceOfSatisfying(
                            BusException.class,
                            e ->
                                    assertThat(e.problem().code())
                                            .isEqualTo(ProblemCode.UNSUPPORTED_ENCODING));
        }
    }

    private void assertMalformed(String encoding, byte[] encoded) {
        assertThatThrownBy(() -> decode(encoding, encoded))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e -> {
                            Problem problem = e.problem();
                            assertThat(problem.code()).isEqualTo(ProblemCode.MALFORMED_ENCODING);
                            assertThat(problem.errors().get(0).pointer())
                                    .isEqualTo("Content-Encoding");
                        });
    }

    private byte[] text(String encoding, byte[] encoded) {
        return decode(encoding, encoded);
    }

    private byte[] decode(String encoding, byte[] encoded) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] room = new byte[1 + random.nextInt(40_000)];
        try (ContentDecoder decoder = ContentDecoder.of(encoding)) {
            for (int at = 0; at < encoded.length; ) {
                int count =
                        Math.min(
                                1 + random.nextInt(random.nextBoolean() ? 3 : 20_000),
                                encoded.length - at);
                decoder.feed(encoded, at, count);
                at += count;
                int from = random.nextInt(room.length);
                int read = decoder.read(room, from, room.length - from);
                while (read > 0) {
                    out.write(room, from, read);
                    read = decoder.read(room, from, room.length - from);
                }
            }
            decoder.finish();
        }
        return out.toByteArray();
    }

    private byte[] text(int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) ('a' + random.nextInt(26));
        }
        return text;
    }

    private static byte[] encode(String encoding, byte[] plain) throws IOException {
        if (encoding.equals("zstd")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(out, 3)) {
                zstd.setChecksum(true);
                zstd.write(plain);
            }
            return out.toByteArray();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    /** By hand, after RFC 1952, for the JDK writes none of the optional parts. */
    private static byte[] gzip(byte[] content, int flags) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 0, 0, 0, 0, 0, 3});
        if ((flags & 4) != 0) {
            out.write(new byte[] {3, 0, 'x', 0, 'z'});
        }
        if ((flags & 8) != 0) {
            out.write("name\0".getBytes(StandardCharsets.US_ASCII));
        }
        if ((flags & 16) != 0) {
            out.write("what it is\0".getBytes(StandardCharsets.US_ASCII));
        }
        if ((flags & 2) != 0) {
            CRC32 head = new CRC32();
            head.update(out.toByteArray());
            little(out, head.getValue(), 2);
        }
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(content);
        deflater.finish();
        byte[] deflated = new byte[content.length + 100];
        out.write(deflated, 0, deflater.deflate(deflated));
        deflater.end();
        CRC32 crc = new CRC32();
        crc.update(content);
        little(out, crc.getValue(), 4);
        little(out, content.length, 4);
        return out.toByteArray();
    }

    private static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }
}
