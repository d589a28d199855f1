package dev.restbus.broker.http;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.publish.Produced;
import dev.restbus.broker.publish.Publisher;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.door.Answer;
import dev.restbus.door.BodyConsumer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Appends the records of one NDJSON body while it comes: what has arrived of whole lines makes a
 * chunk, and the next one is read when it is appended. It ends at the first line that fails. A disk
 * that is behind holds the stream back instead of ending it, for as long as the produce's timeout.
 */
final class NdjsonStream implements BodyConsumer {

    private static final int MAX_CHUNK_BYTES = 1 << 20;

    /** A record is at most so many times as long in a batch as its line: an empty base64 value. */
    private static final int MAX_GROWTH = 4;

    private static final long RETRY_MS = 50;

    private final Publisher publisher;
    private final String topicName;
    private final Acks acks;
    private final long timeoutMs;
    private final NdjsonLines lines = new NdjsonLines();
    private final NdjsonTally tally;

    /** The line of each record of the chunk. */
    private final long[] lineOf = new long[RecordDraft.MAX_RECORDS];

    NdjsonStream(
            Publisher publisher, String topicName, Acks acks, long timeoutMs, boolean listing) {
        this.tally = new NdjsonTally(listing);
        this.publisher = publisher;
        this.topicName = topicName;
        this.acks = acks;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public CompletableFuture<Integer> take(Slice body) {
        return append(new Chunk(body, false, System.nanoTime()));
    }

    @Override
    public CompletableFuture<Answer> finish(Slice rest, @Nullable BusException broken) {
        if (tally.hasFailed()) {
            return answer();
        }
        if (broken != null) {
            tally.fail(broken, lines.number() + 1, false);
            return answer();
        }
        return append(new Chunk(rest, true, System.nanoTime())).thenCompose(taken -> answer());
    }

    private CompletableFuture<Answer> answer() {
        try {
            return CompletableFuture.completedFuture(tally.answer(acks != Acks.NONE));
        } catch (BusException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** What is looked at for records, and since when. */
    private record Chunk(Slice body, boolean last, long sinceNanos) {}

    private CompletableFuture<Integer> append(Chunk chunk) {
        TopicMetadata known = publisher.topic(topicName);
        if (known != null) {
            return append(chunk, known);
        }
        // A stream whose first line is not valid must not create a topic.
        RecordDraft trial = publisher.trialDraft(topicName, "");
        fill(trial, chunk, 1);
        trial.discard();
        if (trial.count() == 0) {
            return done();
        }
        return publisher
                .topicOrCreate(topicName)
                .handle((topic, failure) -> afterCreate(chunk, topic, failure))
                .thenCompose(next -> next);
    }

    private CompletableFuture<Integer> afterCreate(
            Chunk chunk, @Nullable TopicMetadata topic, @Nullable Throwable failure) {
        return topic != null ? append(chunk, topic) : refused(chunk, failure);
    }

    private CompletableFuture<Integer> append(Chunk chunk, TopicMetadata topic) {
        RecordDraft draft = publisher.draft(topic, "");
        fill(draft, chunk, RecordDraft.MAX_RECORDS);
        if (draft.count() == 0) {
            draft.discard();
            return done();
        }
        CompletableFuture<Produced> produced;
        try {
            produced = publisher.publish(draft, true, acks, timeoutMs);
        } catch (BusException e) {
            produced = CompletableFuture.failedFuture(e);
        }
        return produced.handle(
                        (stored, failure) ->
                                stored != null ? stored(stored) : refused(chunk, failure))
                .thenCompose(next -> next);
    }

    /** Adds records up to the first line that fails, or as many as a chunk holds. */
    private void fill(RecordDraft draft, Chunk chunk, int maxRecords) {
        tally.forgetFailure();
        lines.look(chunk.body());
        long room =
                Math.min(
                        MAX_CHUNK_BYTES,
                        TopicConfig.MAX_MESSAGE_BYTES.valueIn(draft.topic().config()) / MAX_GROWTH);
        EnvelopeParser parser = EnvelopeParser.ofLines(draft);
        try {
            while (draft.count() < maxRecords && lines.step(chunk.last())) {
                if (draft.count() > 0 && lines.length() > room) {
                    lines.back();
                    return;
                }
                int record = draft.count();
                parser.parseLine(lines.line());
                lineOf[record] = lines.number();
            }
        } catch (BusException e) {
            tally.fail(withPointers(e.problem()), lines.number(), false);
        } catch (RuntimeException e) {
            draft.discard();
            throw e;
        }
    }

    /** A draft without a pointer base names the bare member. */
    private static BusException withPointers(Problem problem) {
        List<FieldError> errors =
                problem.errors().stream()
                        .map(
                                error ->
                                        error.pointer().isEmpty() || error.pointer().startsWith("/")
                                                ? error
                                                : new FieldError(
                                                        "/" + error.pointer(), error.message()))
                        .toList();
        return problem.withErrors(errors).asException();
    }

    private CompletableFuture<Integer> done() {
        return CompletableFuture.completedFuture(tally.hasFailed() ? STOP : lines.take());
    }

    private CompletableFuture<Integer> stored(Produced produced) {
        tally.add(produced);
        if (!produced.isPartial()) {
            return done();
        }
        BusException first = null;
        long line = 0;
        boolean mayBeStored = false;
        for (int i = 0; i < produced.records(); i++) {
            BusException failure = produced.failureOf(i);
            if (failure != null && first == null) {
                first = failure;
                line = lineOf[i];
            }
            boolean surelyNot = failure != null && failure.problem().outcome() == Outcome.NONE;
            mayBeStored |= first != null && !surelyNot;
        }
        if (first != null) {
            tally.fail(first, line, mayBeStored);
        }
        return done();
    }

    /** Nothing of the chunk was stored, or nobody knows. */
    private CompletableFuture<Integer> refused(Chunk chunk, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        if (!(cause instanceof BusException known)) {
            return CompletableFuture.failedFuture(
                    cause == null ? new IllegalStateException("no outcome") : cause);
        }
        long waitedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - chunk.sinceNanos());
        if (known.problem().code() == ProblemCode.BACKPRESSURE && waitedMs < timeoutMs) {
            return CompletableFuture.supplyAsync(
                            () -> append(chunk),
                            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS))
                    .thenCompose(next -> next);
        }
        tally.fail(known, lineOf[0], false);
        return done();
    }
}
