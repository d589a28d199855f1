package dev.restbus.broker.http;

import dev.restbus.broker.fetch.Tail;
import dev.restbus.door.Answer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One JSON answer over all partitions, now or as soon as there is a record. Thread-safe. */
final class TopicPage extends CompletableFuture<Answer> {

    private final Tail tail;
    private final PageRoom room;
    private final JsonBytes out = new JsonBytes(512).ascii("{\"records\":[");

    /** A record was there for which the page had no room. */
    private boolean full;

    private boolean ended;
    private @Nullable ScheduledFuture<?> timeout;

    TopicPage(Tail tail, int maxRecords, int maxBytes) {
        this.tail = tail;
        this.room = new PageRoom(maxRecords, maxBytes);
        whenComplete((answer, failure) -> release());
    }

    /** Completes at once if there is a record or no wait. */
    synchronized TopicPage begin(long waitMs, ScheduledExecutorService timer) {
        fill();
        if (room.records() > 0 || waitMs == 0) {
            complete(answer());
            return this;
        }
        timeout = timer.schedule(this::end, waitMs, TimeUnit.MILLISECONDS);
        tail.await(this::end);
        return this;
    }

    /** Completes outside of the lock: whoever completes it may have to write the answer. */
    private void end() {
        Answer answer;
        try {
            answer = last();
        } catch (RuntimeException e) {
            completeExceptionally(e);
            return;
        }
        if (answer != null) {
            complete(answer);
        }
    }

    /** Null for whoever comes second. */
    private synchronized @Nullable Answer last() {
        if (ended || isDone()) {
            return null;
        }
        ended = true;
        fill();
        return answer();
    }

    private void fill() {
        Tail.Found found = tail.next(room.bytesLeft());
        while (found != null) {
            take(found);
            found = full || room.isFull() ? null : tail.next(room.bytesLeft());
        }
    }

    private void take(Tail.Found found) {
        int before = room.records();
        long next =
                found.walk(
                        (record, json) -> {
                            full = !room.admit(record, out);
                            if (!full) {
                                RecordJson.write(out, null, found.partition(), record, json);
                            }
                            return !full;
                        });
        tail.advance(found.partition(), next);
        if (full && room.records() == before) {
            // Too large to come behind others. One that had its share waits for its turn.
            tail.beginWith(found.partition());
        }
    }

    private Answer answer() {
        out.ascii("],\"next\":").string(Positions.cursor(tail)).ascii("}");
        return Answer.json(200, out.slice()).withHeaders(List.of("Vary", "Accept"));
    }

    /** Also where the caller has left. */
    private synchronized void release() {
        if (timeout != null) {
            timeout.cancel(false);
        }
        tail.close();
    }
}
