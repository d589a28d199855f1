package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.door.StreamNode.Fed;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** How streams end that do not end by themselves. */
class StreamStopTest {

    @Test
    void aStopEndsIdleStreamsWithAFarewellAndCutsStalledOnes() throws Exception {
        ConfigurableApplicationContext node = start("--bus.door.stop-grace-ms=300");
        int port = port(node);
        try (RawHttp idle = new RawHttp(port);
                RawHttp stalled = new RawHttp(port)) {
            Fed waiting = StreamTest.open(idle, "/fed");
            Fed flood = StreamTest.open(stalled, "/flood");
            waiting.feed("one");
            idle.read(false);
            assertThat(idle.chunk()).isEqualTo("one");
            CompletableFuture<Void> stopping = CompletableFuture.runAsync(node::close);
            assertThat(idle.chunk()).isEqualTo("bye shutting-down");
            assertThat(idle.chunk()).isEmpty();
            stopping.get(20, TimeUnit.SECONDS);
            assertThat(waiting.closed).hasValue(1);
            assertThat(flood.closed).hasValue(1);
            assertThat(stalled.isClosed()).isTrue();
        }
    }

    @Test
    void aReaderThatTakesNothingForLongIsCut() throws Exception {
        try (ConfigurableApplicationContext node = start("--bus.door.stream-stall-ms=500");
                RawHttp stalled = new RawHttp(port(node));
                RawHttp idle = new RawHttp(port(node))) {
            Fed quiet = StreamTest.open(idle, "/fed");
            Fed flood = StreamTest.open(stalled, "/flood");
            StreamTest.await(() -> flood.closed.get() == 1);
            assertThat(stalled.isClosed()).isTrue();
            // One that has nothing to take is not late.
            quiet.feed("still here");
            quiet.feed("");
            assertThat(idle.read().body()).isEqualTo("still here");
        }
    }

    private static ConfigurableApplicationContext start(String setting) {
        return new SpringApplication(StreamNode.class).run("--server.port=0", setting);
    }

    private static int port(ConfigurableApplicationContext node) {
        return Integer.parseInt(node.getEnvironment().getProperty("local.server.port"));
    }
}
