package dev.restbus.broker.http;

import dev.restbus.api.batch.RecordReader;
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
    private final int maxRecords;
    private final int maxBytes;
    private final JsonBytes out = new JsonBytes(512).ascii("{\"records\":[");
    private int records;

    /** Counts unpacked: a compressed batch may hold far more than was read of the log. */
    private long bytes;

    /** A record was there for which the page had no room. */
    private boolean full;

    private boolean ended;
    private @Nullable ScheduledFuture<?> timeout;

    TopicPage(Tail tail, int maxRecords, int maxBytes) {
        this.tail = tail;
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
        whenComplete((answer, failure) -> release());
    }

    /** Completes at once if there is a record or no wait. */
    synchronized TopicPage begin(long waitMs, ScheduledExecutorService timer) {
        fill();
        if (records > 0 || waitMs == 0) {
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
        Tail.Found found = tail.next(maxBytes);
        while (found != null) {
            take(found);
            found = isFull() ? null : tail.next((int) (maxBytes - bytes));
        }
    }

    private boolean isFull() {
        return full || records >= maxRecords || bytes >= maxBytes;
    }

    private void take(Tail.Found found) {
        int before = records;
        long next =
                found.walk(
                        (record, json) -> {
                            if (!admit(record)) {
                                return false;
                            }
                            RecordJson.write(out, null, found.partition(), record, json);
                            return true;
                        });
        tail.advance(found.partition(), next);
        if (full && records == before) {
            // Too large to come behind others. One that had its share waits for its turn.
            tail.beginWith(found.partition());
        }
    }

    private boolean admit(RecordReader record) {
        long after = bytes + record.sizeBytes();
        if (records >= maxRecords || (records > 0 && after > maxBytes)) {
            full = true;
            return false;
        }
        if (records++ > 0) {
            out.ascii(",");
        }
        bytes = after;
        return true;
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
