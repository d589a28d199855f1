package dev.restbus.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole bus in this process on a port of its own, and a plain HTTP client for it. */
final class RunningBus implements AutoCloseable {

    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final ConfigurableApplicationContext context;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;

    private RunningBus(ConfigurableApplicationContext context) {
        this.context = context;
        this.base = "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    }

    static RunningBus start(Path data, String... more) {
        return start(new Class<?>[] {StandaloneApplication.class}, data, more);
    }

    /** With beans of a test in the place of the bus's own. */
    static RunningBus start(Class<?>[] sources, Path data, String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.add("--server.port=0");
        arguments.add("--bus.data=" + data);
        arguments.add("--spring.main.allow-bean-definition-overriding=true");
        arguments.addAll(List.of(more));
        SpringApplication application = new SpringApplication(sources);
        application.setRegisterShutdownHook(false);
        return new RunningBus(application.run(arguments.toArray(String[]::new)));
    }

    String base() {
        return base;
    }

    int port() {
        return URI.create(base).getPort();
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /** An answer with its body as text. */
    record Reply(int status, String body, HttpResponse<byte[]> raw) {

        JsonNode json() {
            return MAPPER.readTree(body);
        }

        String header(String name) {
            return raw.headers().firstValue(name).orElse("");
        }

        String code() {
            return json().path("code").asString();
        }
    }

    Reply get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    Reply delete(String path) {
        return send("DELETE", path, null);
    }

    Reply put(String path, String json) {
        return send("PUT", path, json, "Content-Type", "application/json");
    }

    Reply patch(String path, String json) {
        return send("PATCH", path, json, "Content-Type", "application/json");
    }

    /** Posts as curl does, without a type of its own. */
    Reply post(String path, String body, String... headers) {
        return send("POST", path, body, headers);
    }

    Reply send(String method, String path, String body, String... headers) {
        return await(sendAsync(method, path, body, headers));
    }

    CompletableFuture<Reply> sendAsync(String method, String path, String body, String... headers) {
        HttpRequest.BodyPublisher publisher =
                body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(60))
                        .method(method, publisher);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(RunningBus::reply);
    }

    static Reply await(CompletableFuture<Reply> reply) {
        try {
            return reply.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new UncheckedIOException(new IOException(e.getCause()));
        }
    }

    @Override
    public void close() {
        context.close();
    }

    private static Reply reply(HttpResponse<byte[]> response) {
        return new Reply(
                response.statusCode(),
                new String(response.body(), StandardCharsets.UTF_8),
                response);
    }
}
