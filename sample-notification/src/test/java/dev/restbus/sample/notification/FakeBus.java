package dev.restbus.sample.notification;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * As much of the bus as the notifier's tests need, in memory: topics of three partitions that can
 * be written and read; polls stay empty. Safe for any number of threads.
 */
public final class FakeBus implements AutoCloseable {

    private static final int PARTITIONS = 3;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, List<List<ObjectNode>>> topics = new TreeMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();

    private FakeBus(HttpServer server) {
        this.server = server;
    }

    public static FakeBus start() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            FakeBus bus = new FakeBus(server);
            server.setExecutor(bus.threads);
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

    /** Method, path and body of each call but polls. */
    public List<String> requests() {
        return requests;
    }

    /** The records of a partition as they would be read. */
    public synchronized List<ObjectNode> records(String topic, int partition) {
        return List.copyOf(topic(topic).get(partition));
    }

    public synchronized void append(String topic, int partition, String record) {
        store(topic, partition, (ObjectNode) JSON.readTree(record));
    }

    public synchronized void clear() {
        topics.clear();
        requests.clear();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String body =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (path.endsWith("/poll")) {
                answer(exchange, 503, "{\"code\":\"no-leader\",\"retryable\":true}");
                return;
            }
            requests.add(exchange.getRequestMethod() + " " + path + " " + body);
            String[] parts = path.split("/");
            if (!parts[2].equals("topics")) {
                answer(exchange, 200, "{}");
            } else if (exchange.getRequestMethod().equals("POST")) {
                answer(exchange, 201, produce(parts[3], body));
            } else if (parts.length > 4) {
                long offset =
                        Long.parseLong(
                                exchange.getRequestURI()
                                        .getQuery()
                                        .replaceAll(".*offset=([0-9]+).*", "$1"));
                int partition = Integer.parseInt(parts[5]);
                if (partition >= PARTITIONS) {
                    answer(exchange, 404, "{\"code\":\"unknown-partition\"}");
                } else {
                    answer(exchange, 200, read(parts[3], partition, offset));
                }
            } else {
                answer(exchange, 200, parts.length > 3 ? describe(parts[3]) : "{}");
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private synchronized String produce(String topic, String body) {
        ArrayNode answers = JSON.createArrayNode();
        for (JsonNode record : JSON.readTree(body).path("records")) {
            int partition = record.path("partition").asInt(0);
            long offset = store(topic, partition, (ObjectNode) record);
            answers.addObject().put("partition", partition).put("offset", offset);
        }
        return JSON.createObjectNode().<ObjectNode>set("records", answers).toString();
    }

    private long store(String topic, int partition, ObjectNode record) {
        List<ObjectNode> log = topic(topic).get(partition);
        record.put("partition", partition);
        record.put("offset", log.size());
        record.put("timestamp", 1_000L + log.size());
        log.add(record);
        return log.size() - 1;
    }

    private synchronized String read(String topic, int partition, long offset) {
        List<ObjectNode> log = topic(topic).get(partition);
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode records = answer.putArray("records");
        log.stream().skip(offset).forEach(records::add);
        return answer.put("nextOffset", log.size()).put("highWatermark", log.size()).toString();
    }

    private synchronized String describe(String topic) {
        ObjectNode answer = JSON.createObjectNode().put("name", topic);
        ArrayNode partitions = answer.putArray("partitions");
        List<List<ObjectNode>> logs = topic(topic);
        for (int p = 0; p < logs.size(); p++) {
            partitions
                    .addObject()
                    .put("partition", p)
                    .put("logStartOffset", 0)
                    .put("highWatermark", logs.get(p).size());
        }
        return answer.toString();
    }

    private List<List<ObjectNode>> topic(String name) {
        return topics.computeIfAbsent(
                name,
                n ->
                        Stream.generate(ArrayList<ObjectNode>::new)
                                .limit(PARTITIONS)
                                .<List<ObjectNode>>map(log -> log)
                                .toList());
    }
}
