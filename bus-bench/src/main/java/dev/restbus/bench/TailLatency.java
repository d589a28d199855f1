package dev.restbus.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * How long a record takes to those who wait for it: records are sent one a request at a fixed rate,
 * with {@code acks=all}, each with the time at which it was due; a reader whose reads are parked
 * and one of events take that from the clock when it arrives. A sender that is late counts as
 * latency, as does whatever makes it late. Used once, by one thread.
 */
final class TailLatency {

    static final int RECORDS_PER_SECOND = 1_000;

    private static final int CONNECTIONS = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern DUE = Pattern.compile("\\{\"due\":(-?\\d+)}");
    private static final Pattern NEXT = Pattern.compile("\"nextOffset\":(\\d+)");

    /** The end of a run, as a record like the others. */
    private static final long LAST = -1;

    private final URI topic;
    private final InetSocketAddress server;
    private final HttpClient http = HttpClient.newHttpClient();

    TailLatency(URI topic, InetSocketAddress server) {
        this.topic = topic;
        this.server = server;
    }

    /**
     * What the readers saw, in nanoseconds from when each record was due.
     *
     * @param read by reads that wait
     * @param event by a stream of events
     */
    record Result(Histogram read, Histogram event) {}

    /** Runs for so long; the topic has one partition and is empty. */
    Result run(Duration duration) throws IOException, InterruptedException {
        Histogram read = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
        Histogram event = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
        InputStream events = openEvents();
        Reader reader = new Reader("bench-reads", () -> readAll(read));
        Reader listener = new Reader("bench-events", () -> listenToAll(events, event));
        send(Math.toIntExact(duration.toSeconds() * RECORDS_PER_SECOND));
        reader.await();
        listener.await();
        return new Result(read, event);
    }

    private void send(int records) throws IOException {
        List<Sender> senders = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                senders.add(new Sender(server));
            }
            long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
            long apart = TimeUnit.SECONDS.toNanos(1) / RECORDS_PER_SECOND;
            for (int i = 0; i < records; i++) {
                long due = start + i * apart;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                senders.get(i % CONNECTIONS).send(request(due));
            }
            for (Sender sender : senders) {
                sender.awaitAnswer();
            }
            senders.get(0).send(request(LAST));
            senders.get(0).awaitAnswer();
        } finally {
            for (Sender sender : senders) {
                sender.socket.close();
            }
        }
    }

    private byte[] request(long due) {
        byte[] body = ("{\"due\":" + due + "}").getBytes(StandardCharsets.US_ASCII);
        String type = "Content-Type: application/json\r\n";
        return FixedRequests.bytes("POST", topic.getPath(), type, body);
    }

    private void readAll(Histogram latency) throws IOException, InterruptedException {
        long next = 0;
        boolean more = true;
        while (more) {
            String path = topic + "/partitions/0/records?wait=5s&offset=" + next;
            String answer =
                    http.send(
                                    HttpRequest.newBuilder(URI.create(path)).build(),
                                    BodyHandlers.ofString())
                            .body();
            more = record(answer, System.nanoTime(), latency::recordValue);
            Matcher matcher = NEXT.matcher(answer);
            if (!matcher.find()) {
                throw new IOException("not a read: " + answer);
            }
            next = Long.parseLong(matcher.group(1));
        }
    }

    private InputStream openEvents() throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(topic + "/partitions/0/records"))
                        .header("Accept", "text/event-stream")
                        .build();
        return http.send(request, BodyHandlers.ofInputStream()).body();
    }

    private static void listenToAll(InputStream events, Histogram latency) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8))) {
            boolean more = true;
            while (more) {
                String line = lines.readLine();
                if (line == null) {
                    throw new IOException("the stream of events ended");
                }
                more = record(line, System.nanoTime(), latency::recordValue);
            }
        }
    }

    /** False behind the last record. */
    private static boolean record(String text, long now, LongConsumer latency) {
        Matcher due = DUE.matcher(text);
        while (due.find()) {
            long at = Long.parseLong(due.group(1));
            if (at == LAST) {
                return false;
            }
            latency.accept(now - at);
        }
        return true;
    }

    /** One connection; what it was answered before is looked at when it sends again. */
    private static final class Sender {
        final Socket socket;
        private final Response response = new Response(8 << 10);
        private boolean waiting;

        Sender(InetSocketAddress server) throws IOException {
            socket = new Socket(server.getAddress(), server.getPort());
            socket.setTcpNoDelay(true);
        }

        void send(byte[] request) throws IOException {
            awaitAnswer();
            socket.getOutputStream().write(request);
            waiting = true;
        }

        void awaitAnswer() throws IOException {
            while (waiting) {
                ByteBuffer buffer = response.buffer();
                int count =
                        socket.getInputStream()
                                .read(buffer.array(), buffer.position(), buffer.remaining());
                if (count < 0) {
                    throw new IOException("end of stream after: " + response.text());
                }
                buffer.position(buffer.position() + count);
                waiting = !response.isComplete();
            }
            if (response.sizeBytes() > 0 && response.status() != 201) {
                throw new IOException("unexpected answer: " + response.text());
            }
            response.clear();
        }
    }

    @FunctionalInterface
    private interface Reading {
        void run() throws IOException, InterruptedException;
    }

    /** A thread that ends by itself, with what made it fail. */
    private static final class Reader {
        private final Thread thread;
        private volatile @Nullable Exception failure;

        Reader(String name, Reading reading) {
            thread =
                    new Thread(
                            () -> {
                                try {
                                    reading.run();
                                } catch (IOException | InterruptedException | RuntimeException e) {
                                    failure = e;
                                }
                            },
                            name);
            thread.setDaemon(true);
            thread.start();
        }

        void await() throws IOException, InterruptedException {
            thread.join(PATIENCE.toMillis());
            if (thread.isAlive()) {
                throw new IOException(thread.getName() + " still waits for the last record");
            }
            Exception cause = failure;
            if (cause != null) {
                throw new IOException(thread.getName() + " failed: " + cause, cause);
            }
        }
    }
}
