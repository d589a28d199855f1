package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.Names;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;
import tools.jackson.databind.JsonNode;

/** A node with a few hot routes and a few controllers behind the door. */
@EnableAutoConfiguration
@Import({DoorWiring.class, TestNode.Things.class})
class TestNode {

    /** More than the sockets of one connection hold. */
    static final int LARGE_BYTES = 16 * 1024 * 1024;

    /** What waits at {@code /park}, for the test to answer. */
    static final BlockingQueue<CompletableFuture<Answer>> PARKED = new LinkedBlockingQueue<>();

    /** What {@code onWritten} of {@code /told} was told. */
    static final BlockingQueue<Boolean> TOLD = new LinkedBlockingQueue<>();

    @Bean
    Route echo() {
        return new Route(
                "POST",
                "/hot/{name}",
                Set.of("key"),
                exchange ->
                        text(
                                exchange.variable("name")
                                        + "|"
                                        + exchange.query().text("key")
                                        + "|"
                                        + exchange.mediaType()
                                        + "|"
                                        + exchange.body().text()));
    }

    @Bean
    Route named() {
        return new Route(
                "GET",
                "/hot/{name}",
                Set.of("max"),
                exchange ->
                        text(
                                Names.require("name", exchange.variable("name"))
                                        + "|"
                                        + exchange.query().number("max", 1, 1, 9)));
    }

    @Bean
    Route size() {
        return new Route(
                "POST", "/size", Set.of(), exchange -> text("" + exchange.body().length()));
    }

    @Bean
    Route park() {
        return new Route(
                "GET",
                "/park",
                Set.of(),
                exchange -> {
                    CompletableFuture<Answer> answer = new CompletableFuture<>();
                    PARKED.add(answer);
                    return answer;
                });
    }

    @Bean
    List<Route> listed() {
        return List.of(
                new Route("GET", "/listed/first", Set.of(), exchange -> text("first")),
                new Route(
                        "GET",
                        "/listed/{name}",
                        Set.of(),
                        exchange -> text("any " + exchange.variable("name"))));
    }

    @Bean
    Route told() {
        return new Route(
                "GET",
                "/told",
                Set.of(),
                exchange ->
                        CompletableFuture.completedFuture(
                                Answer.json(200, Slice.utf8("{}")).onWritten(TOLD::add)));
    }

    @Bean
    Route large() {
        byte[] body = pattern(LARGE_BYTES);
        return new Route(
                "GET",
                "/large",
                Set.of(),
                exchange ->
                        CompletableFuture.completedFuture(
                                Answer.json(200, Slice.of(body)).onWritten(TOLD::add)));
    }

    @Bean
    Route sized() {
        return new Route(
                "GET",
                "/sized/{bytes}",
                Set.of(),
                exchange ->
                        CompletableFuture.completedFuture(
                                Answer.json(
                                        200,
                                        Slice.of(
                                                pattern(
                                                        Integer.parseInt(
                                                                exchange.variable("bytes")))))));
    }

    /** Letters of which no longer row repeats within megabytes. */
    static byte[] pattern(int bytes) {
        byte[] pattern = new byte[bytes];
        Random random = new Random(bytes);
        for (int i = 0; i < bytes; i++) {
            pattern[i] = (byte) ('a' + random.nextInt(26));
        }
        return pattern;
    }

    /** Answers with the problem that it is asked for. */
    @Bean
    Route problem() {
        return new Route(
                "GET",
                "/problem/{code}",
                Set.of(),
                exchange -> {
                    for (ProblemCode code : ProblemCode.values()) {
                        if (code.wireName().equals(exchange.variable("code"))) {
                            return CompletableFuture.failedFuture(
                                    Problem.of(code, "as asked for")
                                            .withRetryAfterMs(1_200)
                                            .asException());
                        }
                    }
                    throw new IllegalStateException("secret of the node");
                });
    }

    @Bean
    Route hotThing() {
        return new Route("POST", "/v1/things/{name}", Set.of(), exchange -> text("hot"));
    }

    private static CompletableFuture<Answer> text(String text) {
        return CompletableFuture.completedFuture(
                new Answer(200, "text/plain", List.of(), Slice.utf8(text), null));
    }

    enum Color {
        RED,
        BLUE
    }

    record Part(int size) {}

    record Thing(int partitions, Color color, Part part) {}

    @RestController
    static class Things {

        @PutMapping("/v1/things/{name}")
        Thing put(@PathVariable String name, @RequestBody Thing thing) {
            Names.require("name", name);
            return thing;
        }

        @GetMapping("/v1/things/{name}")
        String get(@PathVariable String name, @RequestParam(defaultValue = "1") int count) {
            return Names.require("name", name) + count;
        }

        @DeleteMapping("/v1/things/{name}")
        ResponseEntity<Void> delete(@PathVariable String name) {
            return ResponseEntity.noContent().build();
        }

        @GetMapping(path = "/v1/json", produces = "application/json")
        Part json() {
            return new Part(1);
        }

        @GetMapping("/v1/required")
        String required(@RequestParam int size) {
            return "" + size;
        }

        @GetMapping("/v1/boom")
        String boom() {
            throw new IllegalStateException("secret of the node");
        }

        @GetMapping("/v1/bare")
        ResponseEntity<Void> bare() {
            return ResponseEntity.status(404).build();
        }

        @GetMapping("/v1/send-error")
        void sendError(HttpServletResponse response) throws IOException {
            response.sendError(403, "no");
        }

        @GetMapping("/v1/never")
        DeferredResult<String> never() {
            return new DeferredResult<>(1L);
        }

        @PostMapping("/v1/tree")
        JsonNode tree(@RequestBody JsonNode tree) {
            return tree;
        }

        @PostMapping("/v1/later")
        DeferredResult<String> later(@RequestBody Part part) {
            DeferredResult<String> result = new DeferredResult<>();
            if (part.size() < 0) {
                result.setErrorResult(
                        new BusException(ProblemCode.SHUTTING_DOWN.problem("not now")));
            } else {
                result.setResult("later" + part.size());
            }
            return result;
        }
    }
}
