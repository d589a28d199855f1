package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/**
 * Producers that send their records as streams of NDJSON, each into a partition of its own, a few
 * lines at a time, so that the end of the bus finds them in the middle of a stream.
 */
final class StreamProducers implements AutoCloseable {

    private static final int LINES = 100;
    private static final int LINES_A_PIECE = 5;
    private static final long PAUSE_NANOS = 1_000_000;

    private final BusHttp http;
    private final String topic;
    private final AckedRecords acked;
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch confirmed;

    private StreamProducers(BusHttp http, String topic, int count, AckedRecords acked) {
        this.http = http;
        this.topic = topic;
        this.acked = acked;
        this.confirmed = new CountDownLatch(count);
    }

    /** Starts one a partition; see {@link Producers#start} for {@code round}. */
    static StreamProducers start(
            BusHttp http, String topic, int partitions, int round, AckedRecords acked) {
        StreamProducers producers = new StreamProducers(http, topic, partitions, acked);
        for (int p = 0; p < partitions; p++) {
            int partition = p;
            Thread thread =
                    new Thread(() -> producers.produce(partition, round), "stream-" + partition);
            producers.threads.add(thread);
            thread.start();
        }
        return producers;
    }

    /** Waits until as many streams as there are producers were confirmed. */
    void awaitConfirmed() throws InterruptedException {
        assertThat(confirmed.await(60, TimeUnit.SECONDS)).as("streams confirmed").isTrue();
    }

    private void produce(int partition, int round) {
        int sequence = round * 1_000_000;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                int first = sequence;
                sequence += LINES;
                BusHttp.Reply reply =
                        http.postNdjson(
                                "/v1/topics/" + topic + "/records", new Lines(partition, first));
                if (reply.status() != 201) {
                    return;
                }
                JsonNode stored = reply.body().get("partitions").get(0);
                assertThat(stored.get("count").asInt()).isEqualTo(LINES);
                long base = stored.get("baseOffset").asLong();
                for (int i = 0; i < LINES; i++) {
                    acked.add(partition, base + i, "{\"n\":" + (first + i) + "}");
                }
                confirmed.countDown();
            }
        } catch (IOException e) {
            // The bus is gone: what was in the stream is not confirmed.
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join(TimeUnit.SECONDS.toMillis(40));
        }
    }

    /** The body of one stream, which comes piece by piece. */
    private static final class Lines extends InputStream {
        private final int partition;
        private final int first;
        private int sent;
        private byte[] piece = new byte[0];
        private int at;

        Lines(int partition, int first) {
            this.partition = partition;
            this.first = first;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0];
        }

        @Override
        public int read(byte[] into, int from, int length) {
            if (at == piece.length && !next()) {
                return -1;
            }
            int n = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, into, from, n);
            at += n;
            return n;
        }

        private boolean next() {
            if (sent == LINES) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < LINES_A_PIECE; i++) {
                lines.append(
                        "{\"partition\":%d,\"key\":\"stream-%d\",\"value\":{\"n\":%d}}\n"
                                .formatted(partition, partition, first + sent++));
            }
            piece = lines.toString().getBytes(StandardCharsets.UTF_8);
            at = 0;
            return true;
        }
    }
}
