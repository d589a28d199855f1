package dev.restbus.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LoadClientTest {

    private static final long TENTH_OF_A_SECOND = 100_000_000L;

    private final Queue<byte[]> bodies = new ConcurrentLinkedQueue<>();
    private final AtomicInteger status = new AtomicInteger(201);
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void countsEveryAnswerOnce() throws IOException {
        try (LoadClient client = LoadClient.open(server.getAddress(), 4, 64 << 10)) {
            LoadClient.Run run =
                    client.run(new RequestBuilder("/x", 1, false, false), TENTH_OF_A_SECOND);

            assertThat(run.requests()).isPositive().isEqualTo(bodies.size());
            assertThat(run.latency().getTotalCount()).isEqualTo(run.requests());
        }
    }

    @Test
    void sendsWholeJsonWhetherBuiltOrPrepared() throws IOException {
        for (boolean builds : new boolean[] {true, false}) {
            bodies.clear();
            try (LoadClient client = LoadClient.open(server.getAddress(), 2, 64 << 10)) {
                client.run(new RequestBuilder("/x", 1000, true, builds), TENTH_OF_A_SECOND);
            }
            for (byte[] body : bodies) {
                JsonNode records = new JsonMapper().readTree(body).get("records");
                assertThat(records).hasSize(1000);
                assertThat(records.get(999).get("value").get("kind").asString())
                        .isEqualTo("measurement");
            }
        }
    }

    @Test
    void buildsADifferentRecordEachTime() {
        RequestBuilder builder = new RequestBuilder("/x", 1, false, true);

        assertThat(bodyOf(builder)).isNotEqualTo(bodyOf(builder)).hasSize(100);
    }

    @Test
    void connectionsThatTheServerClosedMeanwhileAreOpenedAnew() throws Exception {
        byte[] request = FixedRequests.bytes("POST", "/x", "", new byte[] {1});
        byte[] answer =
                "HTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (ServerSocket idle = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                LoadClient client =
                        LoadClient.open(
                                (InetSocketAddress) idle.getLocalSocketAddress(), 1, 64 << 10)) {
            idle.accept().close();
            CompletableFuture<Long> served =
                    CompletableFuture.supplyAsync(() -> serve(idle, request.length, answer));
            LoadClient.Run run =
                    client.run(FixedRequests.inTurn(List.of(request), 201, 0), TENTH_OF_A_SECOND);
            client.close();
            assertThat(run.requests()).isPositive().isEqualTo(served.get(20, TimeUnit.SECONDS));
        }
    }

    private static long serve(ServerSocket server, int requestBytes, byte[] answer) {
        long served = 0;
        try (Socket caller = server.accept()) {
            while (caller.getInputStream().readNBytes(requestBytes).length == requestBytes) {
                caller.getOutputStream().write(answer);
                served++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return served;
    }

    @Test
    void countsRefusalsApart() throws IOException {
        status.set(429);
        try (LoadClient client = LoadClient.open(server.getAddress(), 2, 64 << 10)) {
            LoadClient.Run run =
                    client.run(new RequestBuilder("/x", 1, false, false), TENTH_OF_A_SECOND);

            assertThat(run.requests()).isZero();
            assertThat(run.refused()).isPositive();
        }
    }

    @Test
    void answersThatAreTooShortDoNotCount() throws IOException {
        Requests requests =
                FixedRequests.inTurn(
                        List.of(FixedRequests.bytes("POST", "/x", "", new byte[] {1})), 201, 4_000);
        try (LoadClient client = LoadClient.open(server.getAddress(), 2, 64 << 10)) {
            LoadClient.Run run = client.run(requests, TENTH_OF_A_SECOND);

            assertThat(run.requests()).isZero();
            assertThat(run.empty()).isEqualTo(bodies.size()).isPositive();
        }
    }

    @Test
    void streamsWholeLinesInChunks() throws IOException {
        byte[] lines = BenchRecords.chunkedLines(100, 7);
        byte[] head =
                FixedRequests.bytes("POST", "/x", "Transfer-Encoding: chunked\r\n", new byte[0]);
        byte[] request =
                ByteBuffer.allocate(head.length + lines.length).put(head).put(lines).array();
        try (LoadClient client = LoadClient.open(server.getAddress(), 1, 64 << 10)) {
            client.run(FixedRequests.of(request), 1);
        }
        List<String> sent = new String(bodies.peek(), StandardCharsets.US_ASCII).lines().toList();

        assertThat(sent).hasSize(100);
        for (String line : sent) {
            JsonNode value = new JsonMapper().readTree(line).get("value");
            assertThat(value.get("kind").asString()).isEqualTo("measurement");
        }
    }

    @Test
    void aPreparedBatchIsWholeAndOfHundredBytesARecord() {
        byte[] batch = BenchRecords.batch(1000);

        assertThat(RecordBatch.faultOf(batch, 0, batch.length)).isNull();
        RecordReader reader = new RecordReader().over(batch, 0);
        int records = 0;
        while (reader.next()) {
            assertThat(reader.valueLength()).isEqualTo(100);
            records++;
        }
        assertThat(records).isEqualTo(1000);
    }

    @Test
    void stopsAtAnyOtherAnswer() throws IOException {
        status.set(500);
        try (LoadClient client = LoadClient.open(server.getAddress(), 1, 64 << 10)) {
            RequestBuilder requests = new RequestBuilder("/x", 1, false, false);
            assertThatThrownBy(() -> client.run(requests, TENTH_OF_A_SECOND))
                    .hasMessageContaining("500");
        }
    }

    private static String bodyOf(RequestBuilder builder) {
        ByteBuffer buffer = ByteBuffer.allocate(builder.sizeBytes());
        builder.writeTo(buffer, 0);
        String request = new String(buffer.array(), StandardCharsets.US_ASCII);
        return request.substring(request.indexOf("\r\n\r\n") + 4);
    }

    /** In chunks and with a length in turn, since a server may do either. */
    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        byte[] answer = "{\"offset\":1}".getBytes(StandardCharsets.US_ASCII);
        bodies.add(body);
        exchange.sendResponseHeaders(status.get(), bodies.size() % 2 == 0 ? 0 : answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }
}
