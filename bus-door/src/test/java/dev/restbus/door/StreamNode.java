package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import java.util.Arrays;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** A node whose answers are streams that the test feeds. */
@EnableAutoConfiguration
@Import(DoorWiring.class)
class StreamNode {

    /** The streams of {@code /fed} and {@code /flood}, in the order of their requests. */
    static final BlockingQueue<Fed> STREAMS = new LinkedBlockingQueue<>();

    @Bean
    Route fed() {
        return route("/fed", new byte[0]);
    }

    /** Has always one more piece. */
    @Bean
    Route flood() {
        byte[] piece = new byte[AnswerStream.PIECE_BYTES];
        Arrays.fill(piece, (byte) 'x');
        return route("/flood", piece);
    }

    @Bean
    Route plain() {
        return new Route(
                "GET",
                "/plain",
                Set.of(),
                exchange -> CompletableFuture.completedFuture(Answer.json(200, Slice.utf8("{}"))));
    }

    private static Route route(String path, byte[] endless) {
        return new Route(
                "GET",
                path,
                Set.of(),
                exchange -> {
                    Fed stream = new Fed(endless);
                    STREAMS.add(stream);
                    return CompletableFuture.completedFuture(
                            Answer.streamed("text/plain", java.util.List.of(), stream));
                });
    }

    /** Gives what it is fed; an empty text is its end. */
    static final class Fed implements AnswerStream {

        final AtomicInteger made = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final CompletableFuture<String> firstThread = new CompletableFuture<>();
        private final byte[] endless;
        private final Queue<Object> food = new ConcurrentLinkedQueue<>();
        private volatile Runnable more = () -> {};

        Fed(byte[] endless) {
            this.endless = endless;
        }

        void feed(String text) {
            food.add(text);
            more.run();
        }

        void fail(RuntimeException failure) {
            food.add(failure);
            more.run();
        }

        @Override
        public void begin(Runnable newMore) {
            more = newMore;
        }

        @Override
        public Slice next() {
            firstThread.complete(Thread.currentThread().getName());
            Object next = food.poll();
            if (next instanceof RuntimeException) {
                throw (RuntimeException) next;
            }
            if (next == null && endless.length == 0) {
                return NOTHING_YET;
            }
            made.incrementAndGet();
            if (next == null) {
                return Slice.of(endless);
            }
            return next.equals("") ? null : Slice.utf8((String) next);
        }

        @Override
        public Slice farewell(BusException reason) {
            ProblemCode code = reason.problem().code();
            return Slice.utf8("bye " + code.wireName());
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }
}
