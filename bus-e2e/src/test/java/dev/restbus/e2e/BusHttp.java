package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to a bus as curl would, without the project's own client. Thread-safe. */
final class BusHttp {

    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final URI url;

    BusHttp(URI url) {
        this.url = url;
    }

    /**
     * What the bus answered to one call.
     *
     * @param retryAfter that header, or empty
     */
    record Reply(int status, JsonNode body, String retryAfter) {

        /** Fails unless the answer has this status. */
        Reply expect(int expected) {
            assertThat(status).as("answer: %s", body).isEqualTo(expected);
            return this;
        }
    }

    Reply get(String path) throws IOException {
        return send(request(path).GET());
    }

    Reply post(String path, String body) throws IOException {
        return send(request(path).POST(BodyPublishers.ofString(body)));
    }

    Reply put(String path, String body) throws IOException {
        return send(request(path).PUT(BodyPublishers.ofString(body)));
    }

    Reply delete(String path) throws IOException {
        return send(request(path).DELETE());
    }

    /** Streams the lines as they come. */
    Reply postNdjson(String path, InputStream lines) throws IOException {
        return send(
                request(path)
                        .header("Content-Type", "application/x-ndjson")
                        .POST(BodyPublishers.ofInputStream(() -> lines)));
    }

    /** Posts JSON. */
    Reply postJson(String path, String json) throws IOException {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(json)));
    }

    /** Posts a file to a sample. */
    Reply postCsv(String path, String csv) throws IOException {
        return send(
                request(path)
                        .header("Content-Type", "text/csv")
                        .POST(BodyPublishers.ofString(csv)));
    }

    /** Every record of a topic, one partition after another. */
    List<JsonNode> readTopic(String topic) throws IOException {
        int partitions = get("/v1/topics/" + topic).expect(200).body().get("partitions").size();
        List<JsonNode> records = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            records.addAll(readAll(topic, partition, 0));
        }
        return records;
    }

    /** Every record of a partition from {@code offset} up to its high watermark, in order. */
    List<JsonNode> readAll(String topic, int partition, long offset) throws IOException {
        List<JsonNode> records = new ArrayList<>();
        long next = offset;
        while (true) {
            String path = "/v1/topics/%s/partitions/%d/records?offset=%d&max=1000";
            JsonNode page = get(path.formatted(topic, partition, next)).expect(200).body();
            page.get("records").forEach(records::add);
            next = page.get("nextOffset").asLong();
            if (next >= page.get("highWatermark").asLong()) {
                return records;
            }
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(url.resolve(path)).timeout(Duration.ofSeconds(30));
    }

    private Reply send(HttpRequest.Builder request) throws IOException {
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
            return new Reply(
                    answer.statusCode(),
                    parse(answer.body()),
                    answer.headers().firstValue("Retry-After").orElse(""));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static JsonNode parse(byte[] body) {
        return body.length == 0 ? JSON.nullNode() : JSON.readTree(body);
    }
}
