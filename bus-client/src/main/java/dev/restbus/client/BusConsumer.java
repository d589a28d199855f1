package dev.restbus.client;

import dev.restbus.api.Durations;
import dev.restbus.api.Outcome;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicPartition;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One member of a consumer group. The bus assigns partitions and keeps the position; the consumer
 * polls, and says what is done. Every record is handed out at least once: nothing is committed that
 * was not acknowledged.
 *
 * <p>For one thread, but for {@link #wakeup()}.
 */
public final class BusConsumer implements AutoCloseable {

    private final HttpCalls calls;
    private final JsonMapper mapper;
    private final ConsumerOptions options;
    private final String groupPath;
    private final String memberPath;

    private long memberEpoch;
    private @Nullable String pendingAck;

    /**
     * Set when records that the bus handed out may be skipped: their answer was lost on the way, or
     * the caller dropped them. The bus reads on behind them, and a later ack would cover them;
     * leaving and joining again starts at the committed offset.
     */
    private boolean mustRejoin;

    private volatile boolean joined;
    private volatile boolean woken;
    private volatile @Nullable CompletableFuture<?> inFlight;

    BusConsumer(HttpCalls calls, JsonMapper mapper, ConsumerOptions options) {
        this.calls = calls;
        this.mapper = mapper;
        this.options = options;
        this.groupPath = "/v1/groups/" + HttpCalls.encode(options.group());
        this.memberPath = groupPath + "/members/" + HttpCalls.encode(options.memberId());
    }

    public String memberId() {
        return options.memberId();
    }

    /** Joins if need be, commits what was acknowledged, and reads; waits as the options say. */
    public Batch poll() {
        return poll(options.maxWait());
    }

    /**
     * Joins if need be, commits what was acknowledged, and reads.
     *
     * @param maxWait how long at most if there is nothing, up to 30 s
     * @throws BusProblemException if the bus refuses. After 404 {@code unknown-member} and 409
     *     {@code stale-member-epoch} what was acknowledged comes again, as far as it was not
     *     committed; the next poll joins anew where the member is not known
     * @throws BusUnavailableException if there was no answer; the next poll can be tried at any
     *     time
     */
    public Batch poll(Duration maxWait) {
        if (mustRejoin) {
            leave();
        }
        try {
            AnswerReader answer =
                    new AnswerReader(held(pollPath(maxWait), maxWait), mapper, "").read();
            joined = true;
            pendingAck = null;
            memberEpoch = answer.memberEpoch;
            return new Batch(this, answer);
        } catch (BusProblemException e) {
            afterRefusal(e);
            throw e;
        } catch (BusUnavailableException e) {
            mustRejoin |= e.outcome() == Outcome.UNKNOWN;
            throw e;
        } catch (JacksonException e) {
            mustRejoin = true;
            throw e;
        }
    }

    /**
     * Commits positions now.
     *
     * @param nextOffsets the next record to read, for each partition
     * @throws BusProblemException 404 {@code unknown-member}, 409 {@code stale-member-epoch}: the
     *     partitions went to another member
     */
    public void commit(Map<TopicPartition, Long> nextOffsets) {
        List<Map<String, Object>> offsets = new ArrayList<>();
        nextOffsets.forEach((where, next) -> offsets.add(offset(where, next)));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("memberId", options.memberId());
        body.put("memberEpoch", memberEpoch);
        body.put("offsets", offsets);
        post(groupPath + "/offsets", body);
    }

    /**
     * Reports that a record could not be processed. What came before it in its partition must be
     * committed; what came behind it comes again.
     *
     * @throws BusProblemException as {@link #commit}
     */
    public Failure fail(BusRecord record, String error) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("topic", record.topic());
        body.put("partition", record.partition());
        body.put("offset", record.offset());
        body.put("error", error);
        JsonNode answer = WireJson.MAPPER.readTree(post(memberPath + "/failures", body));
        if (answer.path("deadLettered").asBoolean(false)) {
            return new Failure.DeadLettered(answer.path("nextOffset").asLong());
        }
        return new Failure.Attempt(
                answer.path("attempt").asInt(1), instant(answer.path("resumeAt")));
    }

    /**
     * Tells the bus that the member is alive while it works on a batch for long.
     *
     * @throws BusProblemException 404 {@code unknown-member}: it was taken for dead
     */
    public void heartbeat() {
        post(memberPath + "/heartbeat", Map.of("memberEpoch", memberEpoch));
    }

    /**
     * Gives back what was handed out and neither acknowledged nor committed: the next poll leaves
     * the group and joins it anew, at the committed offsets.
     */
    public void rejoin() {
        mustRejoin = true;
    }

    /** Ends a waiting poll, and the next one, as cancelled. Safe from any thread. */
    public void wakeup() {
        woken = true;
        CompletableFuture<?> call = inFlight;
        if (call != null) {
            call.cancel(true);
        }
    }

    /**
     * Leaves the group, committing what was acknowledged, so that others take over at once. Never
     * throws: a bus that cannot be reached finds out by the session's end.
     */
    @Override
    public void close() {
        if (joined || mustRejoin) {
            try {
                leave();
            } catch (BusClientException e) {
                joined = false;
            }
        }
    }

    void ackWithNextCall(String batch) {
        pendingAck = batch;
    }

    private void afterRefusal(BusProblemException refusal) {
        // A poll joins before it can be refused for something else.
        joined = true;
        // After this one the bus hands out again what it did not commit, without a new member.
        boolean stale = refusal.code().equals(ProblemCode.STALE_MEMBER_EPOCH.wireName());
        mustRejoin |= refusal.outcome() == Outcome.UNKNOWN && !stale;
        if (!refusal.retryable()) {
            pendingAck = null;
        }
    }

    private void leave() {
        String ack = pendingAck;
        boolean left = ack != null && leftWith(ack);
        pendingAck = null;
        if (!left) {
            // Whose ack is refused is still a member, and would be taken to have its last answer.
            leaveNow();
        }
        mustRejoin = false;
        joined = false;
    }

    /** False if that was refused for good. */
    private boolean leftWith(String ack) {
        try {
            calls.call("DELETE", memberPath + HttpCalls.query(Map.of("ack", ack)), null);
            return true;
        } catch (BusProblemException e) {
            if (e.retryable()) {
                throw e;
            }
            return false;
        }
    }

    private void leaveNow() {
        try {
            calls.call("DELETE", memberPath, null);
        } catch (BusProblemException e) {
            if (!e.code().equals(ProblemCode.UNKNOWN_MEMBER.wireName())) {
                throw e;
            }
        }
    }

    private byte[] held(String path, Duration wait) {
        CompletableFuture<HttpResponse<byte[]>> call = calls.start("POST", path, null, wait);
        inFlight = call;
        try {
            // A wakeup just before the call was visible would find nothing to cancel.
            if (woken) {
                call.cancel(true);
            }
            return calls.answer(call, wait);
        } finally {
            woken = false;
            inFlight = null;
        }
    }

    private byte[] post(String path, Map<String, ?> body) {
        return calls.call("POST", path, WireJson.MAPPER.writeValueAsBytes(body));
    }

    private String pollPath(Duration wait) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("topics", String.join(",", options.topics()));
        query.put("max", Integer.toString(options.maxRecords()));
        query.put("wait", Durations.format(wait.toMillis()));
        query.put("autoCommit", "false");
        query.put("autoOffsetReset", options.startAtLatest() ? "latest" : "earliest");
        query.put("sessionTimeout", Durations.format(options.sessionTimeout().toMillis()));
        if (pendingAck != null) {
            query.put("ack", pendingAck);
        }
        return memberPath + "/poll" + HttpCalls.query(query);
    }

    private static Map<String, Object> offset(TopicPartition where, long nextOffset) {
        Map<String, Object> offset = new LinkedHashMap<>();
        offset.put("topic", where.topic());
        offset.put("partition", where.partition());
        offset.put("nextOffset", nextOffset);
        return offset;
    }

    private static Instant instant(JsonNode time) {
        return time.isNumber()
                ? Instant.ofEpochMilli(time.asLong())
                : OffsetDateTime.parse(time.asString()).toInstant();
    }
}
