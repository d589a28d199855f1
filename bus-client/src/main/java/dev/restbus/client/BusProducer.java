package dev.restbus.client;

import dev.restbus.api.Acks;
import dev.restbus.api.Outcome;
import dev.restbus.client.WireJson.EncodedRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends records and waits until the bus has them. What it repeats, and what it leaves to the
 * caller, is in {@link RetryLimits}. Safe for any number of threads; keeps nothing between calls.
 */
public final class BusProducer {

    /** A call is split above either of these; both are well below what the bus accepts. */
    private static final int MAX_RECORDS = 500;

    private static final int MAX_BYTES = 1 << 20;

    private final HttpCalls calls;
    private final Resilience resilience;
    private final JsonMapper mapper;
    private final RetryLimits limits;
    private final Acks acks;

    BusProducer(
            HttpCalls calls,
            Resilience resilience,
            JsonMapper mapper,
            RetryLimits limits,
            Acks acks) {
        this.calls = calls;
        this.resilience = resilience;
        this.mapper = mapper;
        this.limits = limits;
        this.acks = acks;
    }

    /** The same producer with other limits. */
    public BusProducer withRetry(RetryLimits newLimits) {
        return new BusProducer(calls, resilience, mapper, newLimits, acks);
    }

    /** The same producer with other acks; {@link Acks#ALL} unless said. */
    public BusProducer withAcks(Acks newAcks) {
        return new BusProducer(calls, resilience, mapper, limits, newAcks);
    }

    /**
     * Sends one record.
     *
     * @param value as in {@link NewRecord}
     * @throws BusClientException if it was refused, or the limits were reached
     */
    public SentRecord send(String topic, @Nullable String key, @Nullable Object value) {
        return send(NewRecord.of(topic, key, value));
    }

    /**
     * Sends one record.
     *
     * @throws BusClientException if it was refused, or the limits were reached
     */
    public SentRecord send(NewRecord record) {
        return sendChunk(record.topic(), List.of(EncodedRecord.of(mapper, record))).get(0);
    }

    /**
     * Sends records of one topic in their order, in as few requests as the limits of a request
     * allow, one after the other.
     *
     * @return where they are, in the same order
     * @throws PartialSendException if some are stored and some are not
     * @throws BusClientException if nothing was stored, or nothing is known
     * @throws IllegalArgumentException if they are for several topics
     */
    public List<SentRecord> sendAll(List<NewRecord> records) {
        List<SentRecord> sent = new ArrayList<>(records.size());
        List<EncodedRecord> chunk = new ArrayList<>();
        int chunkBytes = 0;
        for (NewRecord record : records) {
            requireTopic(records.get(0).topic(), record);
            EncodedRecord encoded = EncodedRecord.of(mapper, record);
            if (chunk.size() == MAX_RECORDS || chunkBytes + encoded.size() > MAX_BYTES) {
                sendOn(chunk, sent, records.size());
                chunkBytes = 0;
            }
            chunk.add(encoded);
            chunkBytes += encoded.size();
        }
        sendOn(chunk, sent, records.size());
        return sent;
    }

    private static void requireTopic(String topic, NewRecord record) {
        if (!record.topic().equals(topic)) {
            throw new IllegalArgumentException(
                    "records of one call are for one topic, not " + topic + " and " + record);
        }
    }

    private void sendOn(List<EncodedRecord> chunk, List<SentRecord> sent, int total) {
        if (chunk.isEmpty()) {
            return;
        }
        try {
            sent.addAll(sendChunk(chunk.get(0).record().topic(), chunk));
        } catch (PartialSendException e) {
            throw e.after(sent, total);
        } catch (BusClientException e) {
            throw sent.isEmpty() ? e : new PartialSendException(e, sent, total);
        }
        chunk.clear();
    }

    private List<SentRecord> sendChunk(String topic, List<EncodedRecord> chunk) {
        SentRecord[] sent = new SentRecord[chunk.size()];
        try {
            resilience.call(limits, () -> sendMissing(topic, chunk, sent));
        } catch (BusClientException e) {
            if (Arrays.stream(sent).allMatch(Objects::isNull)) {
                throw e;
            }
            throw new PartialSendException(e, Arrays.asList(sent), sent.length);
        }
        return List.of(sent);
    }

    /** Sends what has no place yet; a repeat after a partly refused call sends only the rest. */
    private boolean sendMissing(String topic, List<EncodedRecord> chunk, SentRecord[] sent) {
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < sent.length; i++) {
            if (sent[i] == null) {
                missing.add(i);
            }
        }
        byte[] body = WireJson.records(mapper, missing.stream().map(chunk::get).toList());
        JsonNode items =
                WireJson.MAPPER.readTree(calls.call("POST", path(topic), body)).path("records");
        // One that may be stored is told before one that is not: only the latter may be sent again.
        BusClientException refused = null;
        for (int i = 0; i < missing.size(); i++) {
            JsonNode item = items.path(i);
            if (item.has("offset") || acks == Acks.NONE) {
                sent[missing.get(i)] = place(topic, item);
            } else {
                BusClientException refusal = refusal(item);
                if (refused == null || refusal.outcome() == Outcome.UNKNOWN) {
                    refused = refusal;
                }
            }
        }
        if (refused != null) {
            throw refused;
        }
        return true;
    }

    private static SentRecord place(String topic, JsonNode item) {
        return new SentRecord(
                topic, item.path("partition").asInt(-1), item.path("offset").asLong(-1));
    }

    /** A failed item is a problem, or holds one. */
    private static BusClientException refusal(JsonNode item) {
        JsonNode problem = item.has("problem") ? item.path("problem") : item;
        return Problems.of(problem.path("status").asInt(500), problem, null);
    }

    private String path(String topic) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("acks", acks == Acks.NONE ? "0" : acks == Acks.LEADER ? "1" : "all");
        return "/v1/topics/" + HttpCalls.encode(topic) + "/records" + HttpCalls.query(query);
    }

    /**
     * Some records of a call are stored, and some are not or may not be; {@link #outcome()} speaks
     * of the latter. Immutable.
     */
    public static final class PartialSendException extends BusClientException {

        private final transient List<@Nullable SentRecord> sent;

        private PartialSendException(
                BusClientException cause, List<@Nullable SentRecord> sent, int total) {
            super(message(sent, total), cause, cause.outcome(), false, cause.retryAfter());
            List<@Nullable SentRecord> all = new ArrayList<>(sent);
            all.addAll(Collections.nCopies(total - sent.size(), null));
            this.sent = Collections.unmodifiableList(all);
        }

        private PartialSendException after(List<SentRecord> before, int total) {
            List<@Nullable SentRecord> all = new ArrayList<>(before);
            all.addAll(sent);
            return new PartialSendException(failure(), all, total);
        }

        /** Where each record is, in the order of the call; null for one that has no known place. */
        public List<@Nullable SentRecord> sent() {
            return sent;
        }

        /** Why the rest is missing. */
        public BusClientException failure() {
            return (BusClientException) Objects.requireNonNull(getCause());
        }

        private static String message(List<@Nullable SentRecord> sent, int total) {
            long stored = sent.stream().filter(Objects::nonNull).count();
            return stored + " of " + total + " records are stored";
        }
    }
}
