package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Slice;
import dev.restbus.door.RawHttp.Reply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class StopTest {

    @Test
    void waitingCallsAreEndedBeforeTheNodeStops() throws Exception {
        ConfigurableApplicationContext node =
                new SpringApplication(TestNode.class)
                        .run("--server.port=0", "--bus.door.stop-grace-ms=300");
        int port = Integer.parseInt(node.getEnvironment().getProperty("local.server.port"));
        try (RawHttp patient = new RawHttp(port);
                RawHttp served = new RawHttp(port)) {
            patient.send("GET /park HTTP/1.1\r\nHost: localhost\r\n\r\n");
            CompletableFuture<Answer> never = nextParked();
            served.send("GET /park HTTP/1.1\r\nHost: localhost\r\n\r\n");
            CompletableFuture<Answer> soon = nextParked();
            CompletableFuture<Void> stopping = CompletableFuture.runAsync(node::close);
            soon.complete(Answer.json(200, Slice.utf8("{}")));
            assertThat(served.read().status()).isEqualTo(200);
            Reply ended = patient.read();
            assertThat(ended.status()).isEqualTo(503);
            assertThat(ended.body()).contains("\"code\":\"shutting-down\"");
            assertThat(never).isCancelled();
            stopping.get(30, TimeUnit.SECONDS);
        }
    }

    private static CompletableFuture<Answer> nextParked() throws InterruptedException {
        CompletableFuture<Answer> parked = TestNode.PARKED.poll(10, TimeUnit.SECONDS);
        assertThat(parked).isNotNull();
        return parked;
    }
}
