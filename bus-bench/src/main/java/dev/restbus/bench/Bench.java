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

    private static final int CONNECTIONS = 32;
    private static final int PARTITIONS = 4;

    private final BenchOptions options;
    private final HttpClient admin = HttpClient.newHttpClient();

    Bench(BenchOptions options) {
        this.options = options;
    }

    Measurement measure(Workload workload) throws IOException, InterruptedException {
        boolean builds = options.buildsRecords(workload);
        try (ServerProcess server = ServerProcess.start();
                LoadClient client = LoadClient.open(server.address(), CONNECTIONS)) {
            Pair pair = new Pair(workload, builds, server, client);
            pair.run("bench-warm", options.warmUp().dividedBy(2), true);
            List<Measurement.Round> rounds = new ArrayList<>();
            for (int i = 0; i < options.rounds(); i++) {
                rounds.add(pair.run("bench-" + i, options.run(), i % 2 == 0));
            }
            return new Measurement(workload, builds, rounds);
        }
    }

    private record Side(LoadClient.Run run, long cpuNanos) {}

    private final class Pair {

        private final Workload workload;
        private final boolean builds;
        private final ServerProcess server;
        private final LoadClient client;

        Pair(Workload workload, boolean builds, ServerProcess server, LoadClient client) {
            this.workload = workload;
            this.builds = builds;
            this.server = server;
            this.client = client;
        }

        /** Each round has a topic of its own, so that the disk never holds more than one's. */
        Measurement.Round run(String topic, Duration duration, boolean busFirst)
                throws IOException, InterruptedException {
            URI uri = server.url().resolve("/v1/topics/" + topic);
            create(uri);
            Side bus = busFirst ? side(workload.path(topic), duration) : null;
            Side noop = side(BenchServer.NOOP_PATH, duration);
            if (bus == null) {
                bus = side(workload.path(topic), duration);
            }
            delete(uri);
            return new Measurement.Round(bus.run(), bus.cpuNanos(), noop.run(), noop.cpuNanos());
        }

        private Side side(String path, Duration duration) throws IOException {
            long before = server.cpuNanos();
            LoadClient.Run run = client.run(requests(path), duration.toNanos());
            return new Side(run, server.cpuNanos() - before);
        }

        private void create(URI topic) throws IOException, InterruptedException {
            if (workload != Workload.NOOP) {
                String body = "{\"partitions\":" + PARTITIONS + "}";
                send(HttpRequest.newBuilder(topic).PUT(BodyPublishers.ofString(body)));
            }
        }

        private void delete(URI topic) throws IOException, InterruptedException {
            if (workload != Workload.NOOP) {
                send(HttpRequest.newBuilder(topic).DELETE());
            }
        }

        private RequestBuilder requests(String path) {
            boolean batch = workload.recordsPerRequest() > 1;
            return new RequestBuilder(path, workload.recordsPerRequest(), batch, builds);
        }
    }

    private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = admin.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(answer.uri() + " answered " + answer.body());
        }
    }
}
