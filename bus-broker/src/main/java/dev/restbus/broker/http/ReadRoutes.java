package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
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
import org.jspecify.annotations.Nullable;

/** Reads by offset: many records as JSON, and one record as it was sent. Thread-safe. */
public final class ReadRoutes {

    private static final String RECORDS = "/v1/topics/{topic}/partitions/{partition}/records";
    private static final String BYTES = "application/octet-stream";
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
        return new Route("GET", RECORDS, Set.of("offset", "max", "maxBytes", "wait"), this::read);
    }

    /** One record as it was sent. */
    public Route one() {
        return new Route("GET", RECORDS + "/{offset}", Set.of(), this::readOne);
    }

    private CompletableFuture<Answer> read(Exchange exchange) {
        boolean binary = BinaryRead.isWanted(exchange.header("Accept"));
        if (!binary) {
            requireJsonAccepted(exchange.header("Accept"));
        }
        Query query = exchange.query();
        PartitionLeader leader = leaderOf(exchange);
        long offset = offsetOf(query.text("offset", "earliest"), leader);
        int max = query.integer("max", DEFAULT_MAX_RECORDS, 1, MAX_RECORDS);
        int maxBytes = query.integer("maxBytes", DEFAULT_MAX_BYTES, 1, MAX_BYTES);
        long waitMs = query.durationMs("wait", 0);
        return fetcher.read(leader, offset, maxBytes, waitMs)
                .thenApply(
                        fetched ->
                                binary
                                        ? BinaryRead.answer(fetched, max)
                                        : answer(leader, fetched, max, maxBytes));
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
        throw new IllegalStateException("no record at " + offset + " of " + leader.name());
    }

    private static Answer rawAnswer(PartitionLeader leader, RecordReader record, boolean json) {
        List<String> headers = new ArrayList<>();
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
        return partitions.leader(topic, (int) Math.min(partition, Integer.MAX_VALUE));
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
                "Accept",
                "records are read as application/json or "
                        + BinaryBatches.MEDIA_TYPE
                        + ", not as "
                        + accept);
    }
}
