package dev.restbus.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * An HTTP server that answers as a test says and remembers what it was asked. Safe for any number
 * of threads.
 */
public final class ScriptedBus implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    /** Answers each call by the function. */
    public ScriptedBus(Function<Call, Reply> script) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(executor);
        server.createContext("/", exchange -> serve(exchange, script));
        server.start();
    }

    /** Answers the calls in turn; a call too many gets 500. */
    public static ScriptedBus replying(Reply... replies) throws IOException {
        Queue<Reply> left = new ConcurrentLinkedQueue<>(List.of(replies));
        return new ScriptedBus(call -> left.isEmpty() ? Reply.of(500, "{}") : left.poll());
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Call> calls() {
        return calls;
    }

    /** Method and path with query of each call, in order. */
    public List<String> lines() {
        return calls.stream().map(Call::line).toList();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    private void serve(HttpExchange exchange, Function<Call, Reply> script) {
        try (exchange) {
            Call call =
                    new Call(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().getRawPath(),
                            exchange.getRequestURI().getRawQuery(),
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8),
                            exchange.getRequestHeaders().getFirst("Authorization"));
            calls.add(call);
            Reply reply = script.apply(call);
            if (reply.status() == 0) {
                return;
            }
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            reply.headers()
                    .forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A request; {@code query} and {@code authorization} may be null. */
    public record Call(
            String method, String path, String query, String body, String authorization) {

        public String line() {
            return method + " " + path + (query == null ? "" : "?" + query);
        }
    }

    /** An answer; status 0 closes the connection without one. */
    public record Reply(int status, String body, Map<String, String> headers) {

        /** The connection ends without an answer. */
        public static final Reply LOST = of(0, "");

        public static Reply of(int status, String body) {
            return new Reply(status, body, Map.of());
        }

        /** A problem document in the shape of the API. */
        public static Reply problem(int status, String code, boolean retryable, String outcome) {
            return of(
                    status,
                    """
                    {"type":"/problems/%s","title":"t","status":%d,"detail":"because","code":"%s",
                     "retryable":%b,"outcome":"%s","errors":[{"pointer":"/a","message":"b"}],
                     "hint":"curl x","traceId":"1"}
                    """
                            .formatted(code, status, code, retryable, outcome));
        }

        public Reply withHeader(String name, String value) {
            return new Reply(status, body, Map.of(name, value));
        }
    }
}
