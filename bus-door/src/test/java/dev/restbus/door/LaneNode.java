package dev.restbus.door;

import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.security.Gate;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** A node whose routes are quick, and tell the thread that served them. */
@EnableAutoConfiguration
@Import(DoorWiring.class)
class LaneNode {

    static final String SERVED_ON = "Served-On";

    /** What waits at {@code /park}, for the test to answer. */
    static final BlockingQueue<CompletableFuture<Answer>> PARKED = new LinkedBlockingQueue<>();

    /** The same node without the lane. */
    @EnableAutoConfiguration
    @Import({DoorWiring.class, LaneNode.class})
    static class WithoutLane {

        /** Finds no route. */
        @Bean
        FastLane fastLane(Gate gate, Admission admission) {
            return new FastLane(new RouteTable(List.of()), gate, admission, new AnswerBytes(""));
        }
    }

    @Bean
    Route echo() {
        return quick(
                "/quick/{name}",
                exchange -> {
                    StringBuilder seen = new StringBuilder();
                    seen.append(exchange.method()).append('|');
                    seen.append(exchange.variable("name")).append('|');
                    seen.append(exchange.query().text("key")).append('|');
                    seen.append(exchange.mediaType()).append('|');
                    seen.append(exchange.contentType()).append('|');
                    exchange.headers(
                            "bus-", (name, value) -> seen.append(name + "=" + value + "|"));
                    seen.append(exchange.header("accept")).append('|');
                    seen.append(exchange.body().text());
                    return done(seen.toString());
                });
    }

    @Bean
    Route repeat() {
        return quick(
                "/repeat/{times}",
                exchange ->
                        done(
                                exchange.body()
                                        .text()
                                        .repeat(Integer.parseInt(exchange.variable("times")))));
    }

    @Bean
    Route park() {
        return quick(
                "/park",
                exchange -> {
                    CompletableFuture<Answer> answer = new CompletableFuture<>();
                    PARKED.add(answer);
                    return answer;
                });
    }

    @Bean
    Route slow() {
        return quick(
                "/slow",
                exchange -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                    return done("");
                });
    }

    @Bean
    Route refusing() {
        return quick(
                "/refuse",
                exchange -> {
                    throw Problem.of(ProblemCode.BACKPRESSURE, "as asked for")
                            .withHint("curl " + Problem.NODE + "/v1")
                            .withRetryAfterMs(1_200)
                            .asException();
                });
    }

    @Bean
    Route failing() {
        return quick(
                "/fail",
                exchange -> {
                    throw new IllegalStateException("secret of the node");
                });
    }

    @Bean
    Route streamed() {
        return new Route("POST", "/streamed", Set.of(), exchange -> done("whole"))
                .streaming(
                        "application/x-ndjson",
                        exchange -> {
                            throw ProblemCode.NOT_FOUND.exception("streams go the long way");
                        })
                .asQuick();
    }

    @Bean
    Route unhurried() {
        return new Route("POST", "/unhurried", Set.of(), exchange -> done(""));
    }

    private static Route quick(String pattern, Route.Handler handler) {
        return new Route("POST", pattern, Set.of("key"), handler).asQuick();
    }

    static CompletableFuture<Answer> done(String text) {
        return CompletableFuture.completedFuture(answer(text));
    }

    static Answer answer(String text) {
        List<String> headers = List.of(SERVED_ON, Thread.currentThread().getName());
        return new Answer(200, "text/plain", headers, Slice.utf8(text), null);
    }
}
