package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Consumer groups as a client sees them. */
class GroupsOverHttpTest {

    @TempDir static Path data;

    private static RunningBus bus;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    @Test
    void oneLineIsAWholeConsumer() {
        topic("line", 1, 6);
        Reply first = poll("line-g", "m", "topics=line&max=4");
        assertThat(first.status()).as(first.body()).isEqualTo(200);
        assertThat(names(first.json()))
                .containsExactly("records", "batch", "memberEpoch", "assignment", "rebalancing");
        assertThat(values(first)).containsExactly(0, 1, 2, 3);
        JsonNode record = first.json().path("records").get(0);
        assertThat(names(record))
                .containsExactly(
                        "topic", "partition", "offset", "timestamp", "key", "value", "headers");
        assertThat(first.json().path("assignment"))
                .hasToString("[{\"topic\":\"line\",\"partition\":0}]");
        assertThat(first.json().path("rebalancing").asBoolean()).isFalse();

        Reply second = poll("line-g", "m", "ack=" + first.json().path("batch").asString());
        assertThat(values(second)).containsExactly(4, 5);
        JsonNode place = bus.get("/v1/groups/line-g/offsets").json().path("offsets").get(0);
        assertThat(names(place))
                .containsExactly(
                        "topic",
                        "partition",
                        "nextOffset",
                        "lastProcessed",
                        "metadata",
                        "timestamp",
                        "leaderEpoch",
                        "lag");
        assertThat(place.path("nextOffset").asLong()).isEqualTo(4);
        assertThat(place.path("lastProcessed").asLong()).isEqualTo(3);
        assertThat(place.path("lag").asLong()).isEqualTo(2);
        assertThat(OffsetDateTime.parse(place.path("timestamp").asString())).isNotNull();
    }

    @Test
    void anEmptyPollHasNoBatch() {
        topic("empty", 1, 0);
        Reply reply = poll("empty-g", "m", "topics=empty&wait=0");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().path("records").size()).isZero();
        assertThat(reply.json().path("batch").isNull()).isTrue();
    }

    @Test
    void aTakeoverGoesOnAtTheCommit() {
        topic("over", 1, 5);
        String batch = poll("over-g", "a", "topics=over&max=4").json().path("batch").asString();
        Reply left = bus.delete("/v1/groups/over-g/members/a?ack=" + batch);
        assertThat(left.status()).isEqualTo(204);
        assertThat(values(poll("over-g", "b", "topics=over"))).containsExactly(4);
        Reply late = poll("over-g", "a", "topics=over&wait=0&ack=" + batch);
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.code()).isEqualTo("stale-member-epoch");
    }

    @Test
    void aBatchOfWhichOnePartitionStartedOverIsCommittedForTheOther() {
        topic("partly", 2, 0);
        bus.post("/v1/topics/partly?partition=0", "1");
        bus.post("/v1/topics/partly?partition=1", "2");
        Reply polled = poll("partly-g", "a", "topics=partly");
        assertThat(polled.json().path("records").size()).isEqualTo(2);
        Reply failed =
                bus.post(
                        "/v1/groups/partly-g/members/a/failures",
                        "{\"topic\":\"partly\",\"partition\":0,\"offset\":0,\"error\":\"no\"}");
        assertThat(failed.status()).as(failed.body()).isEqualTo(200);
        String batch = polled.json().path("batch").asString();
        Reply refused = poll("partly-g", "a", "wait=0&ack=" + batch);
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("stale-member-epoch");
        assertThat(refused.json().path("outcome").asString()).isEqualTo("unknown");
        assertThat(refused.json().path("committed").asInt()).isEqualTo(1);
        assertThat(refused.json().path("refused").toString())
                .isEqualTo("[{\"topic\":\"partly\",\"partition\":0}]");
        JsonNode offsets = bus.get("/v1/groups/partly-g/offsets").json().path("offsets");
        assertThat(offsets.size()).isEqualTo(1);
        assertThat(offsets.get(0).path("partition").asInt()).isEqualTo(1);
    }

    @Test
    void twoMembersShareAndHandOverWithoutBothReading() {
        topic("share", 2, 0);
        poll("share-g", "a", "topics=share&wait=0");
        assertThat(poll("share-g", "b", "topics=share&wait=0").json().path("assignment").size())
                .isZero();
        Reply told = poll("share-g", "a", "wait=5s");
        assertThat(told.json().path("assignment").size()).isEqualTo(1);
        assertThat(told.json().path("rebalancing").asBoolean()).isTrue();
        poll("share-g", "a", "wait=0");
        Reply granted = poll("share-g", "b", "wait=0");
        assertThat(granted.json().path("assignment").size()).isEqualTo(1);
        assertThat(granted.json().path("rebalancing").asBoolean()).isFalse();
    }

    @Test
    void aParkedPollGetsTheRecordAndANewerOneEndsIt() {
        topic("park", 1, 0);
        poll("park-g", "m", "topics=park&wait=0");
        CompletableFuture<Reply> one = pollAsync("park-g", "m", "wait=20s");
        CompletableFuture<Reply> other = pollAsync("park-g", "m", "wait=20s");
        // Which of the two came second is up to the connections.
        CompletableFuture.anyOf(one, other).join();
        CompletableFuture<Reply> ended = one.isDone() ? one : other;
        CompletableFuture<Reply> newer = ended == one ? other : one;
        assertThat(RunningBus.await(ended).json().path("superseded").asBoolean()).isTrue();
        assertThat(values(RunningBus.await(ended))).isEmpty();
        bus.post("/v1/topics/park", "7");
        assertThat(values(RunningBus.await(newer))).containsExactly(7);
    }

    @Test
    void aTopicThatComesLaterIsReadFromItsStart() {
        CompletableFuture<Reply> parked = pollAsync("later-g", "m", "topics=later&wait=20s");
        bus.post("/v1/topics/later?partition=0", "1");
        assertThat(values(RunningBus.await(parked))).containsExactly(1);
    }

    @Test
    void aMemberThatReadsByItselfJoinsBeatsCommitsAndLeaves() {
        topic("self", 1, 3);
        String members = "/v1/groups/self-g/members";
        Reply joined = bus.post(members, "{\"memberId\":\"m\",\"topics\":[\"self\"]}");
        assertThat(joined.status()).as(joined.body()).isEqualTo(201);
        assertThat(joined.json().path("heartbeatInterval").asString()).isEqualTo("5s");
        long epoch = joined.json().path("memberEpoch").asLong();
        assertThat(bus.post(members, "{\"memberId\":\"m\",\"topics\":[\"self\"]}").status())
                .isEqualTo(200);
        Reply beat = bus.post(members + "/m/heartbeat", "{\"memberEpoch\":" + epoch + "}");
        assertThat(beat.status()).as(beat.body()).isEqualTo(200);
        assertThat(beat.json().path("assignment").size()).isEqualTo(1);

        Reply forward = commit("self-g", "m", epoch, "self", 2);
        assertThat(forward.status()).isEqualTo(200);
        assertThat(forward.json().path("rewound").toString()).isEqualTo("false");
        Reply back = commit("self-g", "m", epoch, "self", 1);
        assertThat(back.json().path("rewound").toString()).isEqualTo("true");
        assertThat(commit("self-g", "m", epoch, "self", 9).code())
                .isEqualTo("offset-beyond-log-end");
        assertThat(commit("self-g", "m", epoch + 9, "self", 3).code())
                .isEqualTo("stale-member-epoch");
        assertThat(commit("self-g", "ghost", 1, "self", 3).code()).isEqualTo("unknown-member");
        assertThat(bus.delete(members + "/m").status()).isEqualTo(204);
        assertThat(bus.delete(members + "/m").code()).isEqualTo("unknown-member");
        assertThat(bus.post(members + "/m/heartbeat", "{\"memberEpoch\":1}").code())
                .isEqualTo("unknown-member");
    }

    @Test
    void aReplacedInstanceIsFenced() {
        topic("static", 1, 0);
        poll("static-g", "old", "topics=static&instanceId=i&wait=0");
        poll("static-g", "new", "topics=static&instanceId=i&wait=0");
        assertThat(poll("static-g", "old", "topics=static&instanceId=i&wait=0").code())
                .isEqualTo("fenced-instance");
        assertThat(
                        bus.post("/v1/groups/static-g/members/old/heartbeat", "{\"memberEpoch\":1}")
                                .code())
                .isEqualTo("fenced-instance");
    }

    @Test
    void anotherAssignorIsRefused() {
        topic("assign", 1, 0);
        poll("assign-g", "a", "topics=assign&assignor=range&wait=0");
        Reply other = poll("assign-g", "b", "topics=assign&assignor=sticky&wait=0");
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.code()).isEqualTo("assignor-mismatch");
    }

    @Test
    void aFailingRecordIsHeldAndAtLastLeavesForTheDeadLetterTopic() {
        topic("bad", 1, 2);
        Reply set =
                bus.put(
                        "/v1/groups/bad-g",
                        "{\"retry\":{\"maxAttempts\":2,\"backoff\":{\"type\":\"fixed\","
                                + "\"initial\":\"1s\"}}}");
        assertThat(set.status()).as(set.body()).isEqualTo(200);
        poll("bad-g", "m", "topics=bad");
        Reply first = failure("bad-g", 0);
        assertThat(names(first.json())).containsExactly("attempt", "resumeAt");
        Reply held = poll("bad-g", "m", "wait=0");
        assertThat(held.json().path("records").size()).isZero();
        assertThat(held.json().path("heldUntil").get(0).path("resumeAt"))
                .isEqualTo(first.json().path("resumeAt"));
        assertThat(values(poll("bad-g", "m", "wait=20s"))).containsExactly(0, 1);

        Reply last = failure("bad-g", 0);
        assertThat(last.body()).isEqualTo("{\"deadLettered\":true,\"nextOffset\":1}");
        JsonNode letter =
                bus.get("/v1/topics/bad-g.dlq/partitions/0/records").json().path("records").get(0);
        assertThat(letter.path("value").asInt()).isZero();
        assertThat(letter.path("headers").path("bus-dlq-attempts").asString()).isEqualTo("2");
        assertThat(letter.path("headers").path("bus-dlq-error-message").asString())
                .isEqualTo("boom");
        assertThat(values(poll("bad-g", "m", "wait=0"))).containsExactly(1);
        assertThat(failure("bad-g", 5).status()).isEqualTo(422);
    }

    @Test
    void aGroupShowsItsMembersLagAndRebalances() {
        topic("shown", 2, 3);
        poll("shown-g", "m", "topics=shown&wait=0");
        JsonNode group = bus.get("/v1/groups/shown-g").json();
        assertThat(names(group))
                .contains(
                        "group",
                        "state",
                        "groupEpoch",
                        "assignor",
                        "homeBroker",
                        "offsetsPartition",
                        "members",
                        "lag",
                        "lagSeconds",
                        "rebalances");
        assertThat(group.path("state").asString()).isEqualTo("stable");
        assertThat(group.path("assignor").asString()).isEqualTo("cooperative-sticky");
        assertThat(group.path("lag").asLong()).isEqualTo(3);
        JsonNode member = group.path("members").get(0);
        assertThat(member.path("memberId").asString()).isEqualTo("m");
        assertThat(member.path("assignment").size()).isEqualTo(2);
        assertThat(OffsetDateTime.parse(member.path("lastSeen").asString())).isNotNull();
        assertThat(group.path("rebalances").get(0).path("cause").asString())
                .isEqualTo("member m joined");
        assertThat(bus.get("/v1/groups?limit=1").json().path("items").size()).isEqualTo(1);
        assertThat(bus.get("/v1/groups/no-such-group").code()).isEqualTo("unknown-group");
    }

    @Test
    void aResetAndADelete() {
        topic("again", 1, 3);
        poll("again-g", "m", "topics=again");
        poll("again-g", "m", "wait=0");
        String reset = "/v1/groups/again-g/offsets/reset";
        assertThat(bus.post(reset, "{\"topic\":\"again\",\"to\":0}").code())
                .isEqualTo("group-not-empty");
        assertThat(bus.post(reset, "{\"topic\":\"again\",\"to\":\"1\",\"force\":true}").body())
                .isEqualTo(
                        "{\"offsets\":[{\"topic\":\"again\",\"partition\":0,\"before\":3,"
                                + "\"after\":1}]}");
        assertThat(values(poll("again-g", "m", "wait=0"))).containsExactly(1, 2);
        assertThat(bus.delete("/v1/groups/again-g").code()).isEqualTo("group-not-empty");
        bus.delete("/v1/groups/again-g/members/m");
        assertThat(bus.delete("/v1/groups/again-g").status()).isEqualTo(204);
        assertThat(bus.get("/v1/groups/again-g/offsets").code()).isEqualTo("unknown-group");
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThat(poll("no-g", "m", "wait=0").code()).isEqualTo("missing-field");
        assertThat(poll("no-g", "m", "topics=t&wait=31s").code()).isEqualTo("wait-too-long");
        assertThat(poll("no-g", "m", "topics=t&max=0").code()).isEqualTo("invalid-value");
        assertThat(poll("no-g", "m", "topics=t&max=x").code()).isEqualTo("invalid-parameter");
        assertThat(poll("no-g", "m", "topics=t&ack=x").code()).isEqualTo("invalid-parameter");
        assertThat(poll("no-g", "m", "topics=a%20b").code()).isEqualTo("invalid-name");
        assertThat(poll("no-g", "m", "topics=t&wat=1").code()).isEqualTo("unknown-parameter");
        assertThat(poll("no-g", "m", "topics=t&sessionTimeout=1ms").code())
                .isEqualTo("invalid-value");
        assertThat(bus.get("/v1/groups/no-g").status()).isEqualTo(404);
    }

    @Test
    void membersAndCommitsAreThereAfterARestartAndACloseAnswersParkedPolls(@TempDir Path own) {
        CompletableFuture<Reply> parked;
        try (RunningBus first = RunningBus.start(own)) {
            first.put("/v1/topics/kept", "{\"partitions\":1}");
            first.post("/v1/topics/kept", "1");
            first.post("/v1/groups/g/members/m/poll?topics=kept", null);
            parked = first.sendAsync("POST", "/v1/groups/g/members/m/poll?wait=25s", null);
            while (first.get("/v1/groups/g/offsets").json().path("offsets").size() == 0) {
                Thread.onSpinWait();
            }
        }
        assertThat(RunningBus.await(parked).json().path("records").size()).isZero();
        try (RunningBus second = RunningBus.start(own)) {
            JsonNode group = second.get("/v1/groups/g").json();
            assertThat(group.path("members").size()).isEqualTo(1);
            assertThat(group.path("lag").asLong()).isZero();
            second.post("/v1/topics/kept", "2");
            Reply next = second.post("/v1/groups/g/members/m/poll?wait=5s", null);
            assertThat(values(next)).containsExactly(2);
        }
    }

    /** A topic whose partition 0 holds 0, 1, 2, … */
    private static void topic(String name, int partitions, int records) {
        bus.put("/v1/topics/" + name, "{\"partitions\":" + partitions + "}");
        for (int i = 0; i < records; i++) {
            bus.post("/v1/topics/" + name + "?partition=0", Integer.toString(i));
        }
    }

    private static Reply poll(String group, String member, String query) {
        return RunningBus.await(pollAsync(group, member, query));
    }

    private static CompletableFuture<Reply> pollAsync(String group, String member, String query) {
        String path = "/v1/groups/" + group + "/members/" + member + "/poll?" + query;
        return bus.sendAsync("POST", path, null);
    }

    private static Reply failure(String group, long offset) {
        return bus.post(
                "/v1/groups/" + group + "/members/m/failures",
                "{\"topic\":\"bad\",\"partition\":0,\"offset\":" + offset + ",\"error\":\"boom\"}");
    }

    private static Reply commit(
            String group, String member, long epoch, String topic, long nextOffset) {
        return bus.post(
                "/v1/groups/" + group + "/offsets",
                "{\"memberId\":\"%s\",\"memberEpoch\":%d,\"offsets\":[{\"topic\":\"%s\",\"partition\":0,\"nextOffset\":%d}]}"
                        .formatted(member, epoch, topic, nextOffset));
    }

    private static List<Integer> values(Reply reply) {
        List<Integer> values = new ArrayList<>();
        reply.json().path("records").forEach(record -> values.add(record.path("value").asInt()));
        return values;
    }

    private static List<String> names(JsonNode object) {
        return List.copyOf(object.propertyNames());
    }
}
