package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader costs that takes one record a second from a topic that grows as fast as it can. */
class SlowReaderLoadTest {

    private static final int ROUNDS = 8;
    private static final long WINDOW_MS = 5_000;
    private static final int RECORDS = 100;
    private static final long MAX_HEAP_BYTES = 32L << 20;

    @TempDir Path data;

    /** One window of load: records stored a second, and how long a single produce took. */
    private record Window(double recordsPerSecond, double p99Ms) {}

    @Test
    @Tag("long")
    void aSlowReaderCostsLittleMemoryAndSlowsNobody() {
        try (RunningBus bus = RunningBus.start(data)) {
            bus.put("/v1/topics/busy", "{\"partitions\":1}");
            bus.put("/v1/topics/other", "{\"partitions\":1}");
            load(bus, 2 * WINDOW_MS);
            long heapBefore = usedHeapBytes();
            List<Window> alone = new ArrayList<>();
            List<Window> beside = new ArrayList<>();
            long heapMost = 0;
            for (int round = 0; round < ROUNDS; round++) {
                // Now the one first, now the other, so that no drift looks like an effect.
                if (round % 2 == 0) {
                    alone.add(load(bus, WINDOW_MS));
                }
                try (SlowReader reader = new SlowReader(bus)) {
                    beside.add(load(bus, WINDOW_MS));
                    heapMost = Math.max(heapMost, usedHeapBytes());
                    assertThat(reader.taken()).isPositive();
                }
                if (round % 2 == 1) {
                    alone.add(load(bus, WINDOW_MS));
                }
            }
            System.out.printf(
                    "alone  %s%nbeside %s%nheap   %.1f MiB more%n",
                    alone, beside, (heapMost - heapBefore) / (double) (1 << 20));
            assertThat(heapMost - heapBefore).isLessThanOrEqualTo(MAX_HEAP_BYTES);
            assertThat(quantile(beside, Window::recordsPerSecond, 0.5))
                    .isGreaterThan(0.9 * quantile(alone, Window::recordsPerSecond, 0.5));
            // A window's p99 alone varies twofold on a small machine; so its upper quartile counts.
            assertThat(quantile(beside, Window::p99Ms, 0.5))
                    .isLessThan(1.1 * quantile(alone, Window::p99Ms, 0.75));
        }
    }

    /** Takes one record a second until it is closed. */
    private static final class SlowReader implements AutoCloseable {

        private final StreamCall stream;
        private final AtomicLong taken = new AtomicLong();
        private final AtomicBoolean closed = new AtomicBoolean();
        private final CompletableFuture<Void> reading;

        SlowReader(RunningBus bus) {
            stream =
                    StreamCall.get(
                            bus.port(), "/v1/topics/busy/records", "Accept: application/x-ndjson");
            reading = CompletableFuture.runAsync(this::read);
        }

        private void read() {
            while (!closed.get()) {
                assertThat(stream.line()).contains("\"offset\":" + taken.getAndIncrement() + ",");
                CompletableFuture.runAsync(
                                () -> {}, CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS))
                        .join();
            }
        }

        long taken() {
            return taken.get();
        }

        @Override
        public void close() {
            closed.set(true);
            reading.join();
            stream.close();
        }
    }

    /** One producer of full batches as fast as it goes, and one of single records elsewhere. */
    private static Window load(RunningBus bus, long ms) {
        String batch = batch();
        AtomicLong stored = new AtomicLong();
        long start = System.nanoTime();
        long until = start + TimeUnit.MILLISECONDS.toNanos(ms);
        CompletableFuture<Void> flood =
                CompletableFuture.runAsync(
                        () -> {
                            while (System.nanoTime() < until) {
                                produce(bus, "/v1/topics/busy/records?acks=1", batch);
                                stored.addAndGet(RECORDS);
                            }
                        });
        List<Long> nanos = new ArrayList<>();
        while (System.nanoTime() < until) {
            long began = System.nanoTime();
            produce(bus, "/v1/topics/other?acks=1", "{\"a\":1}");
            nanos.add(System.nanoTime() - began);
        }
        flood.join();
        double seconds = (System.nanoTime() - start) / 1e9;
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return new Window(stored.get() / seconds, sorted[sorted.length * 99 / 100] / 1e6);
    }

    private static String batch() {
        StringBuilder body = new StringBuilder("{\"records\":[");
        String value = "{\"value\":\"" + "x".repeat(100) + "\"}";
        IntStream.range(0, RECORDS).forEach(i -> body.append(i == 0 ? "" : ",").append(value));
        return body.append("]}").toString();
    }

    private static void produce(RunningBus bus, String path, String body) {
        RunningBus.Reply reply =
                bus.post(
                        path, body, "Content-Type", "application/json", "Prefer", "return=minimal");
        // Where the disk is behind, that is said, and is no fault of a reader.
        assertThat(reply.status()).as(reply.body()).isIn(201, 429);
    }

    private static long usedHeapBytes() {
        System.gc();
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static double quantile(
            List<Window> windows, ToDoubleFunction<Window> value, double quantile) {
        double[] sorted = windows.stream().mapToDouble(value).sorted().toArray();
        return sorted[(int) Math.round(quantile * (sorted.length - 1))];
    }
}
