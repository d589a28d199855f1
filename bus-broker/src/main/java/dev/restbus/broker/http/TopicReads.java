package dev.restbus.broker.http;

import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.fetch.Fetcher;
import dev.restbus.broker.fetch.Tail;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.door.Answer;
import dev.restbus.door.Exchange;
import dev.restbus.door.Query;
import dev.restbus.door.Route;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a whole topic, in pages of JSON or as a stream, and the stream of one partition.
 * Thread-safe.
 */
public final class TopicReads {

    private static final List<String> STREAM_HEADERS =
            List.of(
                    "Cache-Control", "no-cache",
                    "Vary", "Accept",
                    // For proxies that would hold events back until a buffer is full.
                    "X-Accel-Buffering", "no");

    private final Partitions partitions;
    private final ScheduledExecutorService timer;

    /**
     * Waits with the help of {@code timer}.
     *
     * @param timer ends waits; its tasks are short
     */
    public TopicReads(Partitions partitions, ScheduledExecutorService timer) {
        this.partitions = partitions;
        this.timer = timer;
    }

    /** {@code GET /v1/topics/{topic}/records}. */
    public Route route() {
        return new Route(
                "GET",
                "/v1/topics/{topic}/records",
                Set.of("offset", "timestamp", "cursor", "max", "maxBytes", "wait"),
                this::read);
    }

    private CompletableFuture<Answer> read(Exchange exchange) {
        TailFormat format = formatOf(Accept.choose(exchange.header("Accept"), TailFormat.OFFERED));
        TopicMetadata topic =
                partitions.requireTopic(Names.require("topic", exchange.variable("topic")));
        Tail tail = Tail.ofAll(partitions, topic);
        place(tail, exchange);
        if (format != null) {
            return stream(exchange, tail, format);
        }
        Query query = exchange.query();
        long waitMs = query.durationMs("wait", 0);
        Fetcher.requireWait(waitMs);
        return new TopicPage(tail, ReadRoutes.max(query), ReadRoutes.maxBytes(query))
                .begin(waitMs, timer);
    }

    /** The stream of one partition, from {@code offset} on unless {@code Last-Event-ID} is sent. */
    CompletableFuture<Answer> stream(
            Exchange exchange, PartitionLeader leader, long offset, TailFormat format) {
        int partition = leader.name().partition();
        Tail tail =
                Tail.ofOne(partitions, partitions.requireTopic(leader.name().topic()), partition);
        String eventId = eventId(exchange);
        if (eventId == null) {
            tail.startAt(partition, offset);
        } else {
            Positions.resume(tail, eventId);
        }
        return stream(exchange, tail, format);
    }

    /** The format of a stream, or null for plain JSON. */
    static @Nullable TailFormat formatOf(String mediaType) {
        for (TailFormat format : TailFormat.values()) {
            if (format.mediaType().equals(mediaType)) {
                return format;
            }
        }
        return null;
    }

    private CompletableFuture<Answer> stream(Exchange exchange, Tail tail, TailFormat format) {
        Query query = exchange.query();
        boolean endsByWait = query.text("wait") != null;
        long waitMs = query.durationMs("wait", 0);
        Fetcher.requireWait(waitMs);
        TailStream.End end =
                new TailStream.End(
                        query.text("max") == null ? Long.MAX_VALUE : ReadRoutes.max(query),
                        endsByWait ? TimeUnit.MILLISECONDS.toNanos(waitMs) : Long.MAX_VALUE);
        TailStream stream = new TailStream(tail, format, ReadRoutes.maxBytes(query), end, timer);
        return CompletableFuture.completedFuture(
                Answer.streamed(format.mediaType(), STREAM_HEADERS, stream));
    }

    private void place(Tail tail, Exchange exchange) {
        String eventId = eventId(exchange);
        String cursor = exchange.query().text("cursor");
        if (eventId != null) {
            Positions.resume(tail, eventId);
        } else if (cursor != null) {
            Positions.resumeAt(tail, cursor);
        } else {
            Long timestampMs = ReadRoutes.timestampMs(exchange.query());
            if (timestampMs == null) {
                placeAt(tail, exchange.query().text("offset", "earliest"));
            } else {
                placeEach(tail, leader -> leader.firstAt(timestampMs));
            }
        }
    }

    private void placeEach(Tail tail, ToLongFunction<PartitionLeader> offset) {
        tail.positions(
                (partition, start) -> {
                    PartitionLeader leader = partitions.leader(tail.topic(), partition);
                    tail.startAt(partition, offset.applyAsLong(leader));
                });
    }

    private void placeAt(Tail tail, String offset) {
        switch (offset.toLowerCase(Locale.ROOT)) {
            case "earliest" -> {
                return;
            }
            case "latest" -> placeEach(tail, leader -> leader.highWatermark().offset());
            default ->
                    throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                            "offset",
                            "over all partitions it is earliest or latest, not '"
                                    + offset
                                    + "'; a cursor says where to go on");
        }
    }

    private static @Nullable String eventId(Exchange exchange) {
        String id = exchange.header("Last-Event-ID");
        return id == null || id.isBlank() ? null : id;
    }
}
