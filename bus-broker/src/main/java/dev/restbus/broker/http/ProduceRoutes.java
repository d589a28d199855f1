package dev.restbus.broker.http;

import dev.restbus.api.Acks;
import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.publish.KeyedRequest;
import dev.restbus.broker.publish.Produced;
import dev.restbus.broker.publish.Publisher;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.broker.publish.RequestKey;
import dev.restbus.door.Answer;
import dev.restbus.door.BodyConsumer;
import dev.restbus.door.Exchange;
import dev.restbus.door.Query;
import dev.restbus.door.Route;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ways to produce: any body as one record, and many in a JSON envelope, one a line or as record
 * batches. Thread-safe.
 */
public final class ProduceRoutes {

    private static final long DEFAULT_TIMEOUT_MS = 30_000;
    private static final long MAX_TIMEOUT_MS = 300_000;
    private static final String RECORD_HEADER_PREFIX = "bus-header-";
    private static final String JSON = "application/json";
    private static final String NDJSON = "application/x-ndjson";
    private static final String TEXT = "text/plain;charset=utf-8";
    private static final String BYTES = "application/octet-stream";

    private final Publisher publisher;
    private final BinaryProduce binary;

    public ProduceRoutes(Publisher publisher) {
        this.publisher = publisher;
        this.binary = new BinaryProduce(publisher);
    }

    /** Any body as one record. */
    public Route one() {
        return new Route(
                        "POST",
                        "/v1/topics/{topic}",
                        Set.of("key", "partition", "acks", "timeout"),
                        this::produceOne)
                .asQuick();
    }

    /** A JSON envelope of many, record batches, or a stream of lines. */
    public Route many() {
        return new Route(
                        "POST",
                        "/v1/topics/{topic}/records",
                        Set.of("acks", "timeout", "partition"),
                        this::produceMany)
                .streaming(NDJSON, this::produceLines)
                .asQuick();
    }

    private BodyConsumer produceLines(Exchange exchange) {
        if (exchange.header(IdempotencyKeys.HEADER) != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    IdempotencyKeys.HEADER,
                    "a stream of lines cannot be told from another by a key");
        }
        BinaryProduce.refusePartition(exchange.query());
        return new NdjsonStream(
                publisher,
                Names.requireOwn("topic", exchange.variable("topic")),
                acksOf(exchange.query()),
                timeoutOf(exchange.query()),
                !wantsMinimal(exchange.header("Prefer")));
    }

    private CompletableFuture<Answer> produceOne(Exchange exchange) {
        RequestKey once = IdempotencyKeys.of(exchange, "one");
        Query query = exchange.query();
        String key = query.text("key");
        int partition = query.integer("partition", RecordDraft.ANY_PARTITION, 0, Integer.MAX_VALUE);
        if (CloudEvents.isEvent(exchange)) {
            Request event = CloudEvents.request(exchange, key, partition);
            return produce(event, once, acksOf(query), timeoutOf(query));
        }
        RecordHeaders headers = new RecordHeaders();
        boolean json = typeOf(exchange, headers);
        collectHeaders(exchange, headers);
        Request request =
                new Request(
                        exchange.variable("topic"),
                        "",
                        draft ->
                                draft.add(
                                        partition,
                                        RecordDraft.NO_TIMESTAMP,
                                        key == null ? null : Slice.utf8(key),
                                        exchange.body(),
                                        headers),
                        json,
                        ProduceAnswers::one);
        return produce(request, once, acksOf(query), timeoutOf(query));
    }

    private CompletableFuture<Answer> produceMany(Exchange exchange) {
        if (BinaryProduce.isSent(exchange)) {
            return binary.produce(exchange, acksOf(exchange.query()), timeoutOf(exchange.query()));
        }
        RequestKey once = IdempotencyKeys.of(exchange, "many");
        BinaryProduce.refusePartition(exchange.query());
        requireJsonBody(exchange);
        Request request =
                new Request(
                        exchange.variable("topic"),
                        "/records/",
                        draft -> EnvelopeParser.parse(exchange.body(), draft),
                        true,
                        manyAnswer(exchange));
        return produce(request, once, acksOf(exchange.query()), timeoutOf(exchange.query()));
    }

    /**
     * One produce, however its records came.
     *
     * @param pointerBase see {@link Publisher#draft}
     * @param filler adds the records; raises what is wrong with them
     */
    record Request(
            String topic,
            String pointerBase,
            Consumer<RecordDraft> filler,
            boolean jsonValues,
            Function<Produced, Answer> answer) {

        /** Fills the draft, or gives it back. */
        RecordDraft fill(RecordDraft draft) {
            try {
                filler.accept(draft);
                return draft;
            } catch (RuntimeException e) {
                draft.discard();
                throw e;
            }
        }
    }

    private CompletableFuture<Answer> produce(
            Request request, @Nullable RequestKey once, Acks acks, long timeoutMs) {
        Names.requireOwn("topic", request.topic());
        TopicMetadata known = publisher.topic(request.topic());
        if (known != null) {
            return append(request, once, known, acks, timeoutMs);
        }
        // A request that is not valid must not create a topic.
        request.fill(publisher.trialDraft(request.topic(), request.pointerBase())).discard();
        return publisher
                .topicOrCreate(request.topic())
                .thenCompose(topic -> append(request, once, topic, acks, timeoutMs));
    }

    private CompletableFuture<Answer> append(
            Request request,
            @Nullable RequestKey once,
            TopicMetadata topic,
            Acks acks,
            long timeoutMs) {
        if (once != null) {
            return appendOnce(request, publisher.begin(topic, once), acks, timeoutMs);
        }
        RecordDraft draft = request.fill(publisher.draft(topic, request.pointerBase()));
        CompletableFuture<Produced> produced =
                publisher.publish(draft, request.jsonValues(), acks, timeoutMs);
        return acks == Acks.NONE
                ? CompletableFuture.completedFuture(Answer.empty(202))
                : produced.thenApply(request.answer());
    }

    private CompletableFuture<Answer> appendOnce(
            Request request, KeyedRequest keyed, Acks acks, long timeoutMs) {
        CompletableFuture<Produced> produced;
        try {
            RecordDraft draft = request.fill(publisher.draft(keyed, request.pointerBase()));
            produced = publisher.publish(draft, request.jsonValues(), acks, timeoutMs);
        } catch (RuntimeException e) {
            keyed.end();
            throw e;
        }
        CompletableFuture<Produced> ended = produced.whenComplete((answer, failure) -> keyed.end());
        if (acks == Acks.NONE) {
            Answer taken = Answer.empty(202);
            return CompletableFuture.completedFuture(
                    keyed.isSeenBefore() ? IdempotencyKeys.replayed(taken) : taken);
        }
        return ended.thenApply(
                stored -> {
                    Answer answer = request.answer().apply(stored);
                    return stored.isReplayed() ? IdempotencyKeys.replayed(answer) : answer;
                });
    }

    /**
     * Finds out what the value is and notes it in the headers where it is not plain JSON.
     *
     * @return whether it is validated JSON
     */
    private static boolean typeOf(Exchange exchange, RecordHeaders headers) {
        String mediaType = exchange.mediaType();
        Slice body = exchange.body();
        if (mediaType == null) {
            return typeByBytes(body, headers);
        }
        if (!RecordJson.ValueKind.isJson(mediaType)) {
            String declared = exchange.contentType();
            headers.add(RecordHeaders.CONTENT_TYPE, declared == null ? mediaType : declared);
            return false;
        }
        JsonValues.require(body, "");
        if (!mediaType.equals(JSON)) {
            headers.add(RecordHeaders.CONTENT_TYPE, mediaType);
        }
        return true;
    }

    private static boolean typeByBytes(Slice body, RecordHeaders headers) {
        if (JsonValues.isValid(body)) {
            return true;
        }
        boolean text = JsonValues.isUtf8(body);
        headers.add(RecordHeaders.CONTENT_TYPE, text ? TEXT : BYTES);
        return false;
    }

    static void collectHeaders(Exchange exchange, RecordHeaders headers) {
        exchange.headers(
                RECORD_HEADER_PREFIX,
                (name, value) -> {
                    String own =
                            name.substring(RECORD_HEADER_PREFIX.length()).toLowerCase(Locale.ROOT);
                    HeaderLimits.check(name, own, value);
                    headers.add(own, value);
                });
        HeaderLimits.checkAll("Bus-Header-*", headers);
    }

    /** How a produce of many records is answered. */
    static Function<Produced, Answer> manyAnswer(Exchange exchange) {
        return wantsMinimal(exchange.header("Prefer"))
                ? ProduceAnswers::minimal
                : ProduceAnswers::each;
    }

    private static Acks acksOf(Query query) {
        String text = query.text("acks");
        return text == null ? Acks.ALL : Acks.parse(text);
    }

    private static long timeoutOf(Query query) {
        long timeoutMs = query.durationMs("timeout", DEFAULT_TIMEOUT_MS);
        if (timeoutMs > MAX_TIMEOUT_MS) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "timeout", "a timeout is at most " + MAX_TIMEOUT_MS + "ms");
        }
        return timeoutMs;
    }

    private static void requireJsonBody(Exchange exchange) {
        String mediaType = exchange.mediaType();
        if (mediaType != null && !RecordJson.ValueKind.isJson(mediaType)) {
            throw ProblemCode.UNSUPPORTED_MEDIA_TYPE.exceptionAt(
                    "Content-Type",
                    "records are sent as application/json, "
                            + NDJSON
                            + " or "
                            + BinaryBatches.MEDIA_TYPE
                            + ", not as "
                            + mediaType);
        }
    }

    static boolean wantsMinimal(@Nullable String prefer) {
        return prefer != null && prefer.toLowerCase(Locale.ROOT).contains("return=minimal");
    }
}
