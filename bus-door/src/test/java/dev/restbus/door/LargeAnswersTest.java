package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Bodies that the socket does not take at once, to callers that read as they like. */
@SpringBootTest(
        classes = TestNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class LargeAnswersTest {

    private static final int WINDOW_BYTES = 8 * 1024;
    private static final int TIMEOUT_MS = 20_000;

    @LocalServerPort private int port;

    /** At and around what is written in one piece somewhere, and far beyond. */
    private static int size(Random random) {
        int power = 1 << (13 + random.nextInt(9));
        return switch (random.nextInt(3)) {
            case 0 -> power + random.nextInt(3) - 1;
            case 1 -> power + random.nextInt(power);
            default -> 1 + random.nextInt(300_000);
        };
    }

    @Test
    void everyByteArrivesInItsPlaceHoweverItIsRead() throws IOException {
        long seed = Long.getLong("restbus.seed", 7);
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int connection = 0; connection < 8; connection++) {
            try (Socket socket = slowlyReading()) {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                for (int i = 0; i < 6; i++) {
                    int[] sizes = {size(random), size(random)};
                    socket.getOutputStream()
                            .write(
                                    (get(sizes[0]) + get(sizes[1]))
                                            .getBytes(StandardCharsets.US_ASCII));
                    for (int size : sizes) {
                        assertThat(head(in)).contains("content-length: " + size + "\r\n");
                        assertThat(Arrays.mismatch(read(in, size, random), TestNode.pattern(size)))
                                .as("where " + size + " bytes differ")
                                .isNegative();
                    }
                }
            }
        }
    }

    private Socket slowlyReading() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(WINDOW_BYTES);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.connect(new InetSocketAddress("127.0.0.1", port));
        return socket;
    }

    private static String get(int bytes) {
        return "GET /sized/" + bytes + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private static String head(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString().toLowerCase(Locale.ROOT);
    }

    /** Little or much at a time, now and then after a rest, so that the socket fills up. */
    private static byte[] read(DataInputStream in, int size, Random random) throws IOException {
        byte[] body = new byte[size];
        int done = 0;
        while (done < size) {
            if (random.nextInt(8) == 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
            int wanted = 1 + random.nextInt(random.nextBoolean() ? 2_000 : 200_000);
            int n = in.read(body, done, Math.min(wanted, size - done));
            assertThat(n).as("bytes behind " + done + " of " + size).isPositive();
            done += n;
        }
        return body;
    }
}
