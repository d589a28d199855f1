package dev.restbus.sample.ecommerce;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Takes records as the bus does, all into partition 0, and remembers them with their topic. */
final class RecordingBus implements AutoCloseable {

    private final HttpServer server;
    private final List<JsonNode> records = new CopyOnWriteArrayList<>();
    private volatile boolean refusing;

    private RecordingBus(HttpServer server) {
        this.server = server;
    }

    static RecordingBus start() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            RecordingBus bus = new RecordingBus(server);
            server.createContext("/", bus::serve);
            server.start();
            return bus;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<JsonNode> records() {
        return records;
    }

    /** Answers from now on that nothing is stored, and that a repeat would not help. */
    void refuse(boolean now) {
        refusing = now;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            JsonNode body = JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes());
            int status = refusing ? 507 : 201;
            byte[] answer =
                    (refusing ? refusal() : store(path, body)).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private static String refusal() {
        return "{\"status\":507,\"code\":\"disk-full\",\"retryable\":false,\"outcome\":\"none\"}";
    }

    private String store(String path, JsonNode body) {
        StringBuilder answer = new StringBuilder();
        for (JsonNode record : body.path("records")) {
            ((ObjectNode) record).put("topic", path.split("/")[3]);
            answer.append(answer.length() == 0 ? "" : ",")
                    .append("{\"partition\":0,\"offset\":" + records.size() + "}");
            records.add(record);
        }
        return "{\"records\":[" + answer + "]}";
    }
}
