package dev.restbus.client;

import dev.restbus.api.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP call after another against one base URL; owns the {@link HttpClient} and its threads.
 * Answers other than 2xx become exceptions. Safe for any number of threads.
 */
final class HttpCalls implements AutoCloseable {

    /** No answer that the client asks for comes near this: polls are limited to 1 MiB. */
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    /** Only callbacks run there; callers wait on their own threads. */
    private static final int THREADS = 2;

    private static final AtomicInteger CLIENTS = new AtomicInteger();

    private final String base;
    private final @Nullable String token;
    private final Duration requestTimeout;
    private final ExecutorService executor;
    private final HttpClient http;

    HttpCalls(URI url, @Nullable String token, Duration connectTimeout, Duration requestTimeout) {
        String text = url.toString();
        this.base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        this.token = token;
        this.requestTimeout = requestTimeout;
        this.executor = Executors.newFixedThreadPool(THREADS, HttpCalls::thread);
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(connectTimeout)
                        .executor(executor)
                        .build();
    }

    /** A path segment or query value, percent-encoded. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** {@code ?a=1&b=2} of the entries in order, encoded; nothing where there is none. */
    static String query(Map<String, String> parameters) {
        StringBuilder query = new StringBuilder();
        parameters.forEach(
                (name, value) ->
                        query.append(query.length() == 0 ? '?' : '&')
                                .append(name)
                                .append('=')
                                .append(encode(value)));
        return query.toString();
    }

    /** Calls and waits for the answer, at most the client's request timeout. */
    byte[] call(String method, String path, byte @Nullable [] json) {
        return answer(start(method, path, json, Duration.ZERO), requestTimeout);
    }

    /**
     * Starts a call that the bus may hold back for {@code hold}; cancelling the future abandons it.
     */
    CompletableFuture<HttpResponse<byte[]>> start(
            String method, String path, byte @Nullable [] json, Duration hold) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(requestTimeout.plus(hold))
                        .header("Accept", "application/json");
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (json == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json");
            request.method(method, BodyPublishers.ofByteArray(json));
        }
        return http.sendAsync(request.build(), info -> new BoundedBody(MAX_ANSWER_BYTES));
    }

    /** Waits for the answer of {@link #start}, at most the request timeout and {@code hold}. */
    byte[] answer(CompletableFuture<HttpResponse<byte[]>> call, Duration hold) {
        try {
            // The request's own timeout ends with the headers; this one spans the body too.
            HttpResponse<byte[]> response =
                    call.get(requestTimeout.plus(hold).toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() / 100 == 2) {
                return response.body();
            }
            throw Problems.of(response);
        } catch (InterruptedException e) {
            call.cancel(true);
            Thread.currentThread().interrupt();
            throw BusUnavailableException.cancelled();
        } catch (CancellationException e) {
            throw BusUnavailableException.cancelled();
        } catch (TimeoutException e) {
            call.cancel(true);
            throw new BusUnavailableException("no answer in time", e, Outcome.UNKNOWN);
        } catch (ExecutionException e) {
            throw unavailable(e.getCause());
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
        // From JDK 21 on the client has a close of its own; before, its selector ends when unused.
        if ((Object) http instanceof AutoCloseable closeable) {
            closeQuietly(closeable);
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private RuntimeException unavailable(@Nullable Throwable cause) {
        if (cause instanceof CancellationException) {
            return BusUnavailableException.cancelled();
        }
        if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
            return new BusUnavailableException("no connection to " + base, cause, Outcome.NONE);
        }
        if (cause instanceof HttpTimeoutException) {
            return new BusUnavailableException("no answer in time", cause, Outcome.UNKNOWN);
        }
        if (cause instanceof IOException) {
            return new BusUnavailableException("connection lost", cause, Outcome.UNKNOWN);
        }
        return new IllegalStateException(cause);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "bus-client-" + CLIENTS.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
