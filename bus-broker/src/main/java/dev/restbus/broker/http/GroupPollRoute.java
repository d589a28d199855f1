package dev.restbus.broker.http;

import dev.restbus.api.Durations;
import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.fetch.Fetcher;
import dev.restbus.broker.group.Groups;
import dev.restbus.broker.group.OffsetReset;
import dev.restbus.broker.group.PollAnswer;
import dev.restbus.broker.group.PollRequest;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.group.PollRequest.Limits;
import dev.restbus.broker.group.RecordSink;
import dev.restbus.door.Answer;
import dev.restbus.door.Exchange;
import dev.restbus.door.Query;
import dev.restbus.door.Route;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The poll of a group's member: a whole consumer in one call. Thread-safe. */
public final class GroupPollRoute {

    private static final int DEFAULT_MAX_RECORDS = 500;
    private static final int MAX_RECORDS = 100_000;
    private static final int DEFAULT_MAX_BYTES = 1 << 20;
    private static final int MAX_BYTES = 8 << 20;
    private static final long DEFAULT_WAIT_MS = 5_000;
    private static final int INITIAL_BYTES = 512;

    private final Groups groups;

    public GroupPollRoute(Groups groups) {
        this.groups = groups;
    }

    /** {@code POST /v1/groups/{group}/members/{member}/poll}. */
    public Route route() {
        return new Route(
                "POST",
                "/v1/groups/{group}/members/{member}/poll",
                Set.of(
                        "topics",
                        "max",
                        "maxBytes",
                        "wait",
                        "autoCommit",
                        "ack",
                        "assignor",
                        "autoOffsetReset",
                        "sessionTimeout",
                        "instanceId"),
                this::poll);
    }

    private CompletableFuture<Answer> poll(Exchange exchange) {
        Query query = exchange.query();
        long waitMs = query.durationMs("wait", DEFAULT_WAIT_MS);
        Fetcher.requireWait(waitMs);
        PollRequest request =
                new PollRequest(
                        joining(exchange, query),
                        new Limits(
                                query.integer("max", DEFAULT_MAX_RECORDS, 1, MAX_RECORDS),
                                query.integer("maxBytes", DEFAULT_MAX_BYTES, 1, MAX_BYTES),
                                waitMs),
                        OffsetReset.parse(query.text("autoOffsetReset", "earliest")),
                        query.text("ack"),
                        query.flag("autoCommit", true));
        Records records = new Records();
        return groups.poll(request, records).thenApply(records::answer);
    }

    private static Joining joining(Exchange exchange, Query query) {
        String instanceId = query.text("instanceId");
        return new Joining(
                Names.requireOwn("group", exchange.variable("group")),
                Names.require("member", exchange.variable("member")),
                topics(query.text("topics")),
                instanceId == null ? null : Names.require("instanceId", instanceId),
                query.text("assignor"),
                sessionTimeoutMs("sessionTimeout", query.text("sessionTimeout")));
    }

    private static @Nullable List<String> topics(@Nullable String text) {
        return text == null ? null : topics("topics", List.of(text.split(",", -1)));
    }

    /** The names, checked, sorted and each once. */
    static List<String> topics(String where, List<String> names) {
        TreeSet<String> topics = new TreeSet<>();
        for (String name : names) {
            topics.add(Names.require("topic", name.trim()));
        }
        if (topics.isEmpty()) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(where, "there is at least one topic");
        }
        return List.copyOf(topics);
    }

    /** A session timeout within its range, or null for none. */
    static @Nullable Long sessionTimeoutMs(String where, @Nullable String text) {
        if (text == null) {
            return null;
        }
        long ms = Durations.parseMs(where, text);
        if (ms < JoinGroup.MIN_SESSION_TIMEOUT_MS || ms > JoinGroup.MAX_SESSION_TIMEOUT_MS) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    where,
                    "a session lasts "
                            + Durations.format(JoinGroup.MIN_SESSION_TIMEOUT_MS)
                            + " to "
                            + Durations.format(JoinGroup.MAX_SESSION_TIMEOUT_MS)
                            + ", not "
                            + text);
        }
        return ms;
    }

    /** The answer as it grows. Used by one thread at a time. */
    private static final class Records implements RecordSink {
        private final JsonBytes out = new JsonBytes(INITIAL_BYTES).ascii("{\"records\":[");
        private boolean first = true;

        @Override
        public void record(String topic, int partition, RecordReader record, boolean jsonBatch) {
            if (!first) {
                out.ascii(",");
            }
            first = false;
            RecordJson.write(out, topic, partition, record, jsonBatch);
        }

        Answer answer(PollAnswer poll) {
            out.ascii("],\"batch\":");
            if (poll.batch() == null) {
                out.ascii("null");
            } else {
                out.string(poll.batch());
            }
            out.ascii(",\"memberEpoch\":").number(poll.memberEpoch());
            out.ascii(",\"assignment\":[");
            String separator = "";
            for (TopicPartition partition : poll.assignment()) {
                out.ascii(separator);
                writeStart(partition);
                out.ascii("}");
                separator = ",";
            }
            out.ascii("],\"rebalancing\":").ascii(Boolean.toString(poll.rebalancing()));
            if (poll.superseded()) {
                out.ascii(",\"superseded\":true");
            }
            if (!poll.held().isEmpty()) {
                writeHeld(poll.held());
            }
            out.ascii("}");
            return Answer.json(200, out.slice()).onWritten(poll.onWritten());
        }

        private void writeHeld(List<PollAnswer.Held> held) {
            out.ascii(",\"heldUntil\":[");
            String separator = "";
            for (PollAnswer.Held one : held) {
                out.ascii(separator);
                writeStart(one.partition());
                String until = Instant.ofEpochMilli(one.untilMs()).toString();
                out.ascii(",\"resumeAt\":").string(until).ascii("}");
                separator = ",";
            }
            out.ascii("]");
        }

        private void writeStart(TopicPartition partition) {
            out.ascii("{\"topic\":").string(partition.topic());
            out.ascii(",\"partition\":").number(partition.partition());
        }
    }
}
