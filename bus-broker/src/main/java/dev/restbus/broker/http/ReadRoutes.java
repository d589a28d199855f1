package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.Timestamps;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.fetch.Fetcher;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.door.Answer;
import dev.restbus.door.Exchange;
import dev.restbus.door.Query;
import dev.restbus.door.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads by offset: many records as JSON, and one record as it was sent. Thread-safe. */
public final class ReadRoutes {

    private static final String RECORDS = "/v1/topics/{topic}/partitions/{partition}/records";
    private static final String BYTES = "application/octet-stream";
    private static final List<String> VARY = List.of("Vary", "Accept");

    /** What a partition is read as. */
    private static final List<String> OFFERED =
            Stream.concat(TailFormat.OFFERED.stream(), Stream.of(BinaryBatches.MEDIA_TYPE))
                    .toList();

    private static final int DEFAULT_MAX_RECORDS = 500;
    private static final int MAX_RECORDS = 100_000;
    private static final int DEFAULT_MAX_BYTES = 1 << 20;
    private static final int MAX_BYTES = 8 << 20;

    private final Partitions partitions;
    private final Fetcher fetcher;
    private final TopicReads topicReads;

    public ReadRoutes(Partitions partitions, Fetcher fetcher, TopicReads topicReads) {
        this.partitions = partitions;
        this.fetcher = fetcher;
        this.topicReads = topicReads;
    }

    /** Many records as JSON. */
    public Route many() {
        return new Route(
                "GET",
                RECORDS,
                Set.of("offset", "timestamp", "max", "maxBytes", "wait"),
                this::read);
    }

    /** One record as it was sent. */
    public Route one() {
        return new Route("GET", RECORDS + "/{offset}", Set.of(), this::readOne);
    }

    private CompletableFuture<Answer> read(Exchange exchange) {
        String type = Accept.choose(exchange.header("Accept"), OFFERED);
        boolean binary = type.equals(BinaryBatches.MEDIA_TYPE);
        Query query = exchange.query();
        PartitionLeader leader = leaderOf(exchange);
        long offset = offsetOf(query, leader);
        TailFormat format = TopicReads.formatOf(type);
        if (format != null) {
            return topicReads.stream(exchange, leader, offset, format);
        }
        int max = max(query);
        int maxBytes = maxBytes(query);
        long waitMs = query.durationMs("wait", 0);
        return fetcher.read(leader, offset, maxBytes, waitMs)
                .thenApply(
                        fetched ->
                                binary
                                        ? BinaryRead.answer(fetched, max)
                                        : answer(leader, fetched, max, maxBytes));
    }

    static int max(Query query) {
        return query.integer("max", DEFAULT_MAX_RECORDS, 1, MAX_RECORDS);
    }

    static int maxBytes(Query query) {
        return query.integer("maxBytes", DEFAULT_MAX_BYTES, 1, MAX_BYTES);
    }

    private static Answer answer(
            PartitionLeader leader, Fetcher.Fetched fetched, int max, int maxBytes) {
        JsonBytes out = new JsonBytes(128 + fetched.batches().length() * 2);
        out.ascii("{\"records\":[");
        JsonRead read = new JsonRead(out, leader.name().partition(), fetched, max, maxBytes);
        long next = read.write();
        out.ascii("],\"nextOffset\":").number(next);
        out.ascii(",\"highWatermark\":").number(fetched.highWatermark());
        out.ascii(",\"logStartOffset\":").number(fetched.logStart()).ascii("}");
        return Answer.json(200, out.slice()).withHeaders(VARY);
    }

    private CompletableFuture<Answer> readOne(Exchange exchange) {
        PartitionLeader leader = leaderOf(exchange);
        long offset = number("offset", exchange.variable("offset"));
        if (offset < leader.logStart() || offset >= leader.highWatermark().offset()) {
            throw leader.outOfRange(offset);
        }
        LogSlice batches = leader.read(offset, 1);
        RecordReader record = new RecordReader().over(batches.bytes(), 0);
        while (record.next()) {
            if (record.offset() == offset) {
                boolean json = RecordBatch.hasJsonValues(batches.bytes(), 0);
                return CompletableFuture.completedFuture(
                        isKnown(exchange, eTag(leader, offset))
                                ? Answer.empty(304).withHeaders(cacheHeaders(leader, offset))
                                : rawAnswer(leader, record, json));
            }
        }
        throw ProblemCode.UNKNOWN_RECORD.exception(
                "the record at offset "
                        + offset
                        + " of "
                        + leader.name()
                        + " was compacted away: its key has a newer one");
    }

    /** Names these bytes for ever: a topic's id is never reused, and no record is changed. */
    private static String eTag(PartitionLeader leader, long offset) {
        return "\"" + leader.topicId() + "-" + leader.name().partition() + "-" + offset + "\"";
    }

    /**
     * The path, other than the tag, can come to name another record if the topic is deleted and
     * made again, so it is fresh for minutes only.
     */
    private static List<String> cacheHeaders(PartitionLeader leader, long offset) {
        List<String> headers = new ArrayList<>();
        add(headers, "ETag", eTag(leader, offset));
        add(headers, "Cache-Control", "private, max-age=300, immutable");
        return headers;
    }

    /** By the weak comparison of RFC 9110 §13.1.2. */
    private static boolean isKnown(Exchange exchange, String eTag) {
        String known = exchange.header("If-None-Match");
        if (known == null) {
            return false;
        }
        for (String tag : known.split(",")) {
            String strong = tag.trim().startsWith("W/") ? tag.trim().substring(2) : tag.trim();
            if (strong.equals("*") || strong.equals(eTag)) {
                return true;
            }
        }
        return false;
    }

    private static Answer rawAnswer(PartitionLeader leader, RecordReader record, boolean json) {
        List<String> headers = cacheHeaders(leader, record.offset());
        add(headers, "Bus-Topic", leader.name().topic());
        add(headers, "Bus-Partition", Integer.toString(leader.name().partition()));
        add(headers, "Bus-Offset", Long.toString(record.offset()));
        add(headers, "Bus-Timestamp", Long.toString(record.timestampMs()));
        RawHeaders.addAll(headers, record);
        Slice value = record.value();
        if (value == null) {
            add(headers, "Bus-Tombstone", "true");
            return Answer.empty(204).withHeaders(headers);
        }
        return new Answer(200, contentType(record, json), headers, value, null);
    }

    private static String contentType(RecordReader record, boolean json) {
        String stored = record.header(RecordHeaders.CONTENT_TYPE);
        if (stored == null) {
            return json ? Answer.JSON : BYTES;
        }
        String type = RawHeaders.contentType(stored);
        return type == null ? BYTES : type;
    }

    private static void add(List<String> headers, String name, String value) {
        headers.add(name);
        headers.add(value);
    }

    private PartitionLeader leaderOf(Exchange exchange) {
        String topic = exchange.variable("topic");
        dev.restbus.api.Names.require("topic", topic);
        partitions.requireTopic(topic);
        long partition = number("partition", exchange.variable("partition"));
        return partitions.leader(topic, (int) Math.max(-1, Math.min(partition, Integer.MAX_VALUE)));
    }

    private static long offsetOf(Query query, PartitionLeader leader) {
        Long timestampMs = timestampMs(query);
        return timestampMs == null
                ? offsetOf(query.text("offset", "earliest"), leader)
                : leader.firstAt(timestampMs);
    }

    /** Of the first record to read; null where the query names none. */
    static @Nullable Long timestampMs(Query query) {
        String timestamp = query.text("timestamp");
        if (timestamp != null && query.text("offset") != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "timestamp", "a read begins at an offset or at a timestamp, not at both");
        }
        return timestamp == null ? null : Timestamps.parseMs("timestamp", timestamp);
    }

    private static long offsetOf(String text, PartitionLeader leader) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "earliest" -> leader.logStart();
            case "latest" -> leader.highWatermark().offset();
            default -> number("offset", text);
        };
    }

    private static long number(String name, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    name, name + " is a whole number, not '" + text + "'");
        }
    }
}
