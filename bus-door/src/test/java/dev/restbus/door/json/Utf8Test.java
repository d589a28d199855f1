package dev.restbus.door.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8Test {

    private static final int[] EDGES = {
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef,
        0xf0, 0xf1, 0xf4, 0xf5, 0xff
    };

    @Test
    void agreesWithTheJdkOnEverySequenceOfFourEdgeBytes() throws Exception {
        byte[] bytes = new byte[4];
        for (int a : EDGES) {
            for (int b : EDGES) {
                for (int c : EDGES) {
                    assertSame(new byte[] {(byte) a}, 1);
                    assertSame(new byte[] {(byte) a, (byte) b}, 2);
                    assertSame(new byte[] {(byte) a, (byte) b, (byte) c}, 3);
                    for (int d : EDGES) {
                        bytes[0] = (byte) a;
                        bytes[1] = (byte) b;
                        bytes[2] = (byte) c;
                        bytes[3] = (byte) d;
                        assertSame(bytes, 4);
                    }
                }
            }
        }
    }

    @Test
    void agreesWithTheJdkOnLongTextWithOneByteChanged() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder("xyz");
            for (int i = random.nextInt(40); i > 0; i--) {
                text.append(random.nextInt(4) > 0 ? "a" : "é€\uD83D\uDE00");
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            int at = random.nextInt(3);
            assertThat(Utf8.isValid(bytes, at, bytes.length - at))
                    .as("seed %s", seed)
                    .isEqualTo(jdk(bytes, at, bytes.length - at));
        }
    }

    private static void assertSame(byte[] bytes, int length) {
        if (Utf8.isValid(bytes, 0, length) != jdk(bytes, 0, length)) {
            assertThat(bytes).as("length %s", length).isEmpty();
        }
    }

    private static boolean jdk(byte[] bytes, int at, int length) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
