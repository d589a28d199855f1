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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads by offset: many records as JSON, and one record as it was sent. Thread-safe. */
public final class ReadRoutes {

    private static final String RECORDS = "/v1/topics/{topic}/partitions/{partition}/records";
    private static final int DEFAULT_MAX_RECORDS = 500;
    private static final int MAX_RECORDS = 100_000;
    private static final int DEFAULT_MAX_BYTES = 1 << 20;
    private static final int MAX_BYTES = 8 << 20;

    private final Partitions partitions;
    private final Fetcher fetcher;

    public ReadRoutes(Partitions partitions, Fetcher fetcher) {
        this.partitions = partitions;
        this.fetcher = fetcher;
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
        requireJsonAccepted(exchange.header("Accept"));
        Query query = exchange.query();
        PartitionLeader leader = leaderOf(exchange);
        long offset = offsetOf(query, leader);
        int max = query.integer("max", DEFAULT_MAX_RECORDS, 1, MAX_RECORDS);
        int maxBytes = query.integer("maxBytes", DEFAULT_MAX_BYTES, 1, MAX_BYTES);
        long waitMs = query.durationMs("wait", 0);
        return fetcher.read(leader, offset, maxBytes, waitMs)
                .thenApply(fetched -> answer(leader.name().partition(), fetched, max));
    }

    private static Answer answer(int partition, Fetcher.Fetched fetched, int max) {
        LogSlice batches = fetched.batches();
        JsonBytes out = new JsonBytes(128 + batches.length() * 2);
        out.ascii("{\"records\":[");
        long next = fetched.offset();
        RecordReader record = new RecordReader();
        int count = 0;
        int at = 0;
        while (at < batches.length() && count < max) {
            boolean json = RecordBatch.hasJsonValues(batches.bytes(), at);
            record.over(batches.bytes(), at);
            while (count < max && record.next()) {
                if (record.offset() >= fetched.offset()) {
                    if (count++ > 0) {
                        out.ascii(",");
                    }
                    RecordJson.write(out, null, partition, record, json);
                    next = record.offset() + 1;
                }
            }
            if (count < max) {
                next = RecordBatch.nextOffset(batches.bytes(), at);
            }
            at += RecordBatch.sizeBytes(batches.bytes(), at);
        }
        out.ascii("],\"nextOffset\":").number(next);
        out.ascii(",\"highWatermark\":").number(fetched.highWatermark());
        out.ascii(",\"logStartOffset\":").number(fetched.logStart()).ascii("}");
        return Answer.json(200, out.slice());
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
                return CompletableFuture.completedFuture(rawAnswer(leader, record, json));
            }
        }
        throw ProblemCode.UNKNOWN_RECORD.exception(
                "the record at offset "
                        + offset
                        + " of "
                        + leader.name()
                        + " was compacted away: its key has a newer one");
    }

    private static Answer rawAnswer(PartitionLeader leader, RecordReader record, boolean json) {
        List<String> headers = new ArrayList<>();
        add(headers, "Bus-Topic", leader.name().topic());
        add(headers, "Bus-Partition", Integer.toString(leader.name().partition()));
        add(headers, "Bus-Offset", Long.toString(record.offset()));
        add(headers, "Bus-Timestamp", Long.toString(record.timestampMs()));
        Slice key = record.key();
        if (key != null) {
            add(headers, "Bus-Key", headerSafe(key.text()));
        }
        record.headers(
                (name, value) -> {
                    if (!name.text().equals(RecordHeaders.CONTENT_TYPE)) {
                        add(
                                headers,
                                "Bus-Header-" + name.text(),
                                value == null ? "" : headerSafe(value.text()));
                    }
                });
        Slice value = record.value();
        if (value == null) {
            add(headers, "Bus-Tombstone", "true");
            return Answer.empty(204).withHeaders(headers);
        }
        return new Answer(200, contentType(record, json), headers, value, null);
    }

    private static String contentType(RecordReader record, boolean json) {
        String stored = record.header(RecordHeaders.CONTENT_TYPE);
        if (stored != null) {
            return stored;
        }
        return json ? Answer.JSON : "application/octet-stream";
    }

    private static void add(List<String> headers, String name, String value) {
        headers.add(name);
        headers.add(value);
    }

    /** Visible ASCII as it is; anything else percent-encoded as UTF-8, {@code %} too. */
    private static String headerSafe(String text) {
        boolean plain =
                text.chars().allMatch(c -> c >= 0x20 && c < 0x7f && c != '%')
                        && text.equals(text.strip());
        return plain ? text : URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private PartitionLeader leaderOf(Exchange exchange) {
        String topic = exchange.variable("topic");
        dev.restbus.api.Names.require("topic", topic);
        partitions.requireTopic(topic);
        long partition = number("partition", exchange.variable("partition"));
        return partitions.leader(topic, (int) Math.min(partition, Integer.MAX_VALUE));
    }

    private static long offsetOf(Query query, PartitionLeader leader) {
        String timestamp = query.text("timestamp");
        if (timestamp == null) {
            return offsetOf(query.text("offset", "earliest"), leader);
        }
        if (query.text("offset") != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "timestamp", "a read begins at an offset or at a timestamp, not at both");
        }
        return leader.firstAt(Timestamps.parseMs("timestamp", timestamp));
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

    private static void requireJsonAccepted(@Nullable String accept) {
        if (accept == null || accept.isEmpty()) {
            return;
        }
        for (String range : accept.split(",")) {
            String type = RecordJson.ValueKind.mediaType(range);
            if (type.equals("*/*") || type.equals("application/*") || type.equals(Answer.JSON)) {
                return;
            }
        }
        throw ProblemCode.NOT_ACCEPTABLE.exceptionAt(
                "Accept", "records are read as application/json, not as " + accept);
    }
}
