package dev.restbus.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Keeps a number of connections busy from one thread: each sends a request, waits for the answer
 * and sends the next at once. Cheaper than any general client, so that two shared cores go to the
 * server.
 */
final class LoadClient implements AutoCloseable {

    private static final long LONGEST_NANOS = 60_000_000_000L;
    private static final long REFUSED_PAUSE_NANOS = 50_000_000L;

    private final Selector selector;
    private final List<Connection> connections = new ArrayList<>();

    private LoadClient(Selector selector) {
        this.selector = selector;
    }

    /**
     * Opens connections to one server.
     *
     * @param count how many
     * @param answerBytes of the longest answer
     */
    static LoadClient open(InetSocketAddress server, int count, int answerBytes)
            throws IOException {
        LoadClient client = new LoadClient(Selector.open());
        for (int i = 0; i < count; i++) {
            client.connections.add(new Connection(server, client.selector, i, answerBytes));
        }
        return client;
    }

    /**
     * What one run did.
     *
     * @param requests whose answer counts
     * @param empty that were answered well and too short to count
     * @param refused that were answered 429; each made its connection pause for 50 ms
     * @param answerBytes of all answers that count
     * @param elapsedNanos from the first request to the last answer
     * @param latency of each answered request in nanoseconds
     */
    record Run(
            long requests,
            long empty,
            long refused,
            long answerBytes,
            long elapsedNanos,
            Histogram latency) {

        double requestsPerSecond() {
            return requests * 1e9 / elapsedNanos;
        }
    }

    /**
     * Sends for so long, then waits for the last answers.
     *
     * @throws IllegalStateException if an answer is neither what is expected nor 429
     */
    Run run(Requests requests, long durationNanos) throws IOException {
        for (Connection connection : connections) {
            // What a workload puts there first takes longer than a server keeps an idle connection.
            connection.reconnect();
        }
        Tally tally = new Tally(System.nanoTime() + durationNanos);
        long started = System.nanoTime();
        for (Connection connection : connections) {
            connection.prepare(requests.sizeBytes());
            connection.send(requests);
        }
        tally.open = connections.size();
        while (tally.open > 0) {
            selector.select(key -> step(key, requests, tally), 10);
            resume(requests, tally);
        }
        long elapsed = System.nanoTime() - started;
        return new Run(
                tally.requests,
                tally.empty,
                tally.refused,
                tally.answerBytes,
                elapsed,
                tally.latency);
    }

    private static final class Tally {
        final Histogram latency = new Histogram(LONGEST_NANOS, 3);
        final long deadline;
        long requests;
        long empty;
        long refused;
        long answerBytes;
        int open;

        Tally(long deadline) {
            this.deadline = deadline;
        }
    }

    private void step(SelectionKey key, Requests requests, Tally tally) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.write();
            }
            if (key.isReadable() && connection.read()) {
                answered(connection, requests, tally);
            }
        } catch (IOException e) {
            throw new IllegalStateException("the server closed a connection", e);
        }
    }

    private void answered(Connection connection, Requests requests, Tally tally)
            throws IOException {
        long now = System.nanoTime();
        int status = connection.response.status();
        if (status == requests.status()) {
            count(connection, requests, tally, now);
        } else if (status == 429) {
            tally.refused++;
            connection.resumeAt = now + REFUSED_PAUSE_NANOS;
        } else {
            throw new IllegalStateException("unexpected answer: " + connection.response.text());
        }
        connection.response.clear();
        if (now >= tally.deadline) {
            connection.resumeAt = 0;
            tally.open--;
        } else if (connection.resumeAt == 0) {
            connection.send(requests);
        }
    }

    private static void count(Connection connection, Requests requests, Tally tally, long now) {
        int answerBytes = connection.response.sizeBytes();
        if (answerBytes < requests.leastAnswerBytes()) {
            tally.empty++;
            return;
        }
        tally.requests++;
        tally.answerBytes += answerBytes;
        tally.latency.recordValue(Math.min(now - connection.sentAt, LONGEST_NANOS));
    }

    private void resume(Requests requests, Tally tally) throws IOException {
        if (tally.refused == 0) {
            return;
        }
        long now = System.nanoTime();
        for (Connection connection : connections) {
            if (connection.resumeAt != 0 && now >= connection.resumeAt) {
                connection.resumeAt = 0;
                if (now >= tally.deadline) {
                    tally.open--;
                } else {
                    connection.send(requests);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    private static final class Connection {
        private final InetSocketAddress server;
        private final Selector selector;
        SocketChannel channel;
        SelectionKey key;
        final int number;
        final Response response;
        ByteBuffer request = ByteBuffer.allocateDirect(0);
        long sentAt;

        /** When to send again after a refusal; 0 where none is due. */
        long resumeAt;

        Connection(InetSocketAddress server, Selector selector, int number, int answerBytes)
                throws IOException {
            this.server = server;
            this.selector = selector;
            this.number = number;
            response = new Response(answerBytes);
            connect();
        }

        void reconnect() throws IOException {
            channel.close();
            connect();
        }

        private void connect() throws IOException {
            channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void prepare(int requestBytes) {
            if (request.capacity() < requestBytes) {
                request = ByteBuffer.allocateDirect(requestBytes);
            }
        }

        void send(Requests requests) throws IOException {
            request.clear();
            requests.writeTo(request, number);
            request.flip();
            sentAt = System.nanoTime();
            write();
        }

        void write() throws IOException {
            channel.write(request);
            int interest = SelectionKey.OP_READ;
            if (request.hasRemaining()) {
                interest |= SelectionKey.OP_WRITE;
            }
            if (key.interestOps() != interest) {
                key.interestOps(interest);
            }
        }

        boolean read() throws IOException {
            if (channel.read(response.buffer()) < 0) {
                throw new IOException("end of stream after: " + response.text());
            }
            return response.isComplete();
        }
    }
}
