package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** A node that takes bodies of {@code text/lines} as they come. */
@EnableAutoConfiguration
@Import(DoorWiring.class)
class BodyStreamNode {

    /** The steps that a test completes, at {@code /stream/held}. */
    static final BlockingQueue<Held> HELD = new LinkedBlockingQueue<>();

    /** How each stream ended: its lines, and what was left or why it broke off. */
    static final BlockingQueue<String> ENDS = new LinkedBlockingQueue<>();

    /** How many streams have begun. */
    static final AtomicInteger BEGUN = new AtomicInteger();

    record Held(String lines, CompletableFuture<Integer> step) {

        void goOn() {
            step.complete(lines.length());
        }
    }

    @Bean
    Route stream() {
        return new Route(
                        "POST",
                        "/stream/{how}",
                        Set.of(),
                        exchange -> text("whole " + exchange.body().length()))
                .streaming("text/lines", exchange -> open(exchange.variable("how")));
    }

    @Bean
    Route echo() {
        return new Route("POST", "/echo", Set.of(), exchange -> text(exchange.body().text()));
    }

    private static BodyConsumer open(String how) {
        if (how.equals("refused")) {
            throw ProblemCode.INVALID_VALUE.exceptionAt("how", "not so");
        }
        BEGUN.incrementAndGet();
        return new Lines(how);
    }

    private static CompletableFuture<Answer> text(String text) {
        return CompletableFuture.completedFuture(
                new Answer(200, "text/plain", List.of(), Slice.utf8(text), null));
    }

    /** Takes whole lines, at most ten at a time. */
    private static final class Lines implements BodyConsumer {

        private static final int MAX_LINE = 2 << 20;

        private final String how;
        private int lines;
        private boolean stopped;

        Lines(String how) {
            this.how = how;
        }

        @Override
        public CompletableFuture<Integer> take(Slice body) {
            int end = 0;
            int found = 0;
            for (int i = 0; i < body.length() && found < 10; i++) {
                if (body.bytes()[body.at() + i] == '\n') {
                    end = i + 1;
                    found++;
                }
            }
            if (found == 0 && body.length() > MAX_LINE) {
                throw ProblemCode.RECORD_TOO_LARGE.exception("a long line");
            }
            String text = new Slice(body.bytes(), body.at(), end).text();
            if (text.contains("bug")) {
                throw new IllegalStateException("secret of the node");
            }
            if (text.contains("fail")) {
                return CompletableFuture.supplyAsync(
                        () -> {
                            throw ProblemCode.DISK_FULL.exception("no room");
                        });
            }
            if (text.contains("stop")) {
                stopped = true;
                return CompletableFuture.completedFuture(STOP);
            }
            lines += found;
            return step(text);
        }

        private CompletableFuture<Integer> step(String text) {
            if (how.equals("later")) {
                return CompletableFuture.supplyAsync(text::length);
            }
            if (how.equals("held") && !text.isEmpty()) {
                Held held = new Held(text, new CompletableFuture<>());
                HELD.add(held);
                return held.step();
            }
            return CompletableFuture.completedFuture(text.length());
        }

        @Override
        public CompletableFuture<Answer> finish(Slice rest, @Nullable BusException broken) {
            String why = broken == null ? rest.text() : broken.problem().code().wireName();
            String end = lines + "|" + (stopped ? "stopped" : why);
            ENDS.add(end);
            return how.equals("later") && broken == null
                    ? CompletableFuture.supplyAsync(() -> text(end).join())
                    : text(end);
        }
    }
}
