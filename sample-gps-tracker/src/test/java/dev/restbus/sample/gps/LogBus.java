package dev.restbus.sample.gps;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the tracker needs of a bus, in memory: one topic of one partition that can be written and
 * read by offset, and a group with a committed offset. Safe for any number of threads.
 */
public final class LogBus implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpServer server;
    private final List<JsonNode> records = new CopyOnWriteArrayList<>();
    private final List<Integer> requestSizes = new CopyOnWriteArrayList<>();
    private volatile long committed;
    private volatile boolean refusing;

    private LogBus(HttpServer server) {
        this.server = server;
    }

    public static LogBus start() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            LogBus bus = new LogBus(server);
            server.createContext("/", bus::serve);
            server.start();
            return bus;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** As they were sent. */
    public List<JsonNode> records() {
        return records;
    }

    /** How many records each request had. */
    public List<Integer> requestSizes() {
        return requestSizes;
    }

    /** The offset that every group has committed. */
    public void commit(long nextOffset) {
        committed = nextOffset;
    }

    /** Answers writes from now on that nothing is stored, and that a repeat would not help. */
    public void refuse(boolean now) {
        refusing = now;
    }

    public void forget() {
        records.clear();
        requestSizes.clear();
        committed = 0;
        refusing = false;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean write = exchange.getRequestMethod().equals("POST");
            String path = exchange.getRequestURI().getPath();
            byte[] body = exchange.getRequestBody().readAllBytes();
            Object answer =
                    write ? append(body) : answer(path, exchange.getRequestURI().getQuery());
            byte[] bytes = JSON.writeValueAsBytes(answer);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(write ? refusing ? 507 : 201 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private Object append(byte[] body) {
        if (refusing) {
            return Map.of("status", 507, "code", "disk-full", "outcome", "none");
        }
        int first = records.size();
        JsonNode sent = JSON.readTree(body).path("records");
        sent.forEach(records::add);
        requestSizes.add(sent.size());
        return Map.of(
                "records",
                IntStream.range(first, first + sent.size())
                        .mapToObj(offset -> Map.of("partition", 0, "offset", offset))
                        .toList());
    }

    private Object answer(String path, String query) {
        if (path.endsWith("/records")) {
            return read(parameter(query, "offset"), parameter(query, "max"));
        }
        if (path.endsWith("/offsets")) {
            return Map.of(
                    "offsets",
                    List.of(Map.of("topic", "fixes", "partition", 0, "nextOffset", committed)));
        }
        if (path.startsWith("/v1/groups/")) {
            return Map.of("lag", records.size() - committed);
        }
        return Map.of(
                "name",
                "fixes",
                "partitions",
                List.of(
                        Map.of(
                                "partition", 0,
                                "logStartOffset", 0,
                                "highWatermark", records.size())));
    }

    private Object read(int offset, int max) {
        int end = Math.min(records.size(), offset + max);
        return Map.of(
                "records",
                IntStream.range(offset, end).mapToObj(this::stored).toList(),
                "nextOffset",
                end,
                "highWatermark",
                records.size(),
                "logStartOffset",
                0);
    }

    private ObjectNode stored(int offset) {
        ObjectNode record = JSON.createObjectNode();
        record.put("partition", 0).put("offset", offset).put("timestamp", 1_000L + offset);
        record.set("key", records.get(offset).path("key"));
        record.set("value", records.get(offset).path("value"));
        return record;
    }

    private static int parameter(String query, String name) {
        return Integer.parseInt(query.replaceAll(".*\\b" + name + "=([0-9]+).*", "$1"));
    }
}
