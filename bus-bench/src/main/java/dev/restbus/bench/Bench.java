package dev.restbus.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one workload against a server of its own: warm-up, then pairs of bus and no-op, each pair in
 * the other order than the one before, so that what drifts falls on both sides.
 */
final class Bench {

    private final BenchOptions options;
    private final HttpClient admin = HttpClient.newHttpClient();

    Bench(BenchOptions options) {
        this.options = options;
    }

    Measurement measure(Workload workload) throws IOException, InterruptedException {
        boolean builds = options.buildsRecords(workload);
        try (ServerProcess server = ServerProcess.start();
                LoadClient client =
                        LoadClient.open(
                                server.address(), workload.connections(), workload.answerBytes())) {
            Pair pair = new Pair(workload, builds, server, client);
            pair.run("bench-warm", options.warmUp().dividedBy(2), true, false);
            List<Measurement.Round> rounds = new ArrayList<>();
            for (int i = 0; i < options.rounds(); i++) {
                rounds.add(pair.run("bench-" + i, options.run(), i % 2 == 0, true));
            }
            int requestBytes = workload.requests("bench-0", builds).sizeBytes();
            return new Measurement(workload, builds, requestBytes, rounds);
        }
    }

    /** Produce to delivery, one result a round. */
    List<TailLatency.Result> tailLatency() throws IOException, InterruptedException {
        List<TailLatency.Result> results = new ArrayList<>();
        try (ServerProcess server = ServerProcess.start()) {
            tail(server, "bench-warm", options.warmUp().dividedBy(2));
            for (int i = 0; i < options.rounds(); i++) {
                results.add(tail(server, "bench-" + i, options.run()));
            }
        }
        return results;
    }

    private TailLatency.Result tail(ServerProcess server, String topic, Duration duration)
            throws IOException, InterruptedException {
        URI uri = server.url().resolve("/v1/topics/" + topic);
        send(HttpRequest.newBuilder(uri).PUT(BodyPublishers.ofString("{\"partitions\":1}")));
        TailLatency.Result result = new TailLatency(uri, server.address()).run(duration);
        send(HttpRequest.newBuilder(uri).DELETE());
        return result;
    }

    private record Side(LoadClient.Run run, long cpuNanos) {}

    private final class Pair {

        private final Workload workload;
        private final boolean builds;
        private final ServerProcess server;
        private final LoadClient client;

        /** Of the bus's answers in the round before, for the no-op to send as many. */
        private long answerBytes = 16 << 10;

        Pair(Workload workload, boolean builds, ServerProcess server, LoadClient client) {
            this.workload = workload;
            this.builds = builds;
            this.server = server;
            this.client = client;
        }

        /** Each round has a topic of its own, so that the disk never holds more than one's. */
        Measurement.Round run(String topic, Duration duration, boolean busFirst, boolean counts)
                throws IOException, InterruptedException {
            URI uri = server.url().resolve("/v1/topics/" + topic);
            create(uri);
            prefill(uri);
            Side bus = busFirst ? side(workload.requests(topic, builds), duration) : null;
            Side noop = side(workload.noop(builds, answerBytes), duration);
            if (bus == null) {
                bus = side(workload.requests(topic, builds), duration);
            }
            answerBytes = bus.run().answerBytes() / Math.max(1, bus.run().requests());
            delete(uri);
            if (counts) {
                requireMoreThanPolled(bus.run().requests());
            }
            return new Measurement.Round(bus.run(), bus.cpuNanos(), noop.run(), noop.cpuNanos());
        }

        /** What a workload reads is there before, and counts for nothing. */
        private void prefill(URI topic) throws IOException, InterruptedException {
            byte[] batch = BenchRecords.batch(Workload.BATCH_RECORDS);
            for (int i = 0; i < workload.prefilledBatches() * workload.partitions(); i++) {
                URI partition =
                        URI.create(topic + "/records?partition=" + i % workload.partitions());
                send(
                        HttpRequest.newBuilder(partition)
                                .header("Content-Type", "application/x-record-batch")
                                .header("Prefer", "return=minimal")
                                .POST(BodyPublishers.ofByteArray(batch)));
            }
        }

        /** A group that has read everything only waits, and would be measured at that. */
        private void requireMoreThanPolled(long polls) {
            long there =
                    (long) workload.prefilledBatches()
                            * Workload.BATCH_RECORDS
                            * workload.partitions();
            if (workload == Workload.POLL && polls * workload.recordsPerRequest() > there * 0.9) {
                throw new IllegalStateException(
                        "the group read all of its topic; --seconds is too long for this machine");
            }
        }

        private Side side(Requests requests, Duration duration) throws IOException {
            long before = server.cpuNanos();
            LoadClient.Run run = client.run(requests, duration.toNanos());
            return new Side(run, server.cpuNanos() - before);
        }

        private void create(URI topic) throws IOException, InterruptedException {
            if (workload != Workload.NOOP) {
                String body = "{\"partitions\":" + workload.partitions() + "}";
                send(HttpRequest.newBuilder(topic).PUT(BodyPublishers.ofString(body)));
            }
        }

        private void delete(URI topic) throws IOException, InterruptedException {
            if (workload != Workload.NOOP) {
                send(HttpRequest.newBuilder(topic).DELETE());
            }
        }
    }

    private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = admin.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(answer.uri() + " answered " + answer.body());
        }
    }
}
