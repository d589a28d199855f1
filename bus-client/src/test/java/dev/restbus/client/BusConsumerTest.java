package dev.restbus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.control.TopicPartition;
import dev.restbus.client.ScriptedBus.Reply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class BusConsumerTest {

    private static final ConsumerOptions OPTIONS =
            ConsumerOptions.of("g", "a", "b")
                    .withMemberId("m")
                    .withMaxRecords(10)
                    .withMaxWait(Duration.ofSeconds(2))
                    .withSessionTimeout(Duration.ofSeconds(30));

    private static final String POLL =
            "POST /v1/groups/g/members/m/poll?topics=a%2Cb&max=10&wait=2s&autoCommit=false"
                    + "&autoOffsetReset=earliest&sessionTimeout=30s";

    private static final Reply ONE_RECORD =
            Reply.of(
                    200,
                    """
                    {"records":[{"topic":"a","partition":2,"offset":41,"timestamp":1700000000000,
                      "key":"k","value":{"price":2.50,  "big":12345678901234567890},
                      "headers":{"type":"x"}}],
                     "batch":"b1/+","memberEpoch":3,"assignment":[{"topic":"a","partition":2}],
                     "rebalancing":false,"future":{"x":[1]}}
                    """);

    private static final String ACKED = POLL + "&ack=b1%2F%2B";
    private static final String MEMBER = "/v1/groups/g/members/m";

    private static final Reply EMPTY =
            Reply.of(200, "{\"records\":[],\"batch\":\"e\",\"memberEpoch\":3,\"assignment\":[]}");

    private static final Reply LEFT = Reply.of(204, "");

    @Test
    void aPollIsReadAsItStands() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            Batch batch = consumer.poll();

            BusRecord record = batch.records().get(0);
            assertThat(record.toString()).isEqualTo("a-2@41");
            assertThat(record.key()).isEqualTo("k");
            assertThat(record.timestamp()).isEqualTo(1_700_000_000_000L);
            assertThat(record.headers()).containsExactly(Map.entry("type", "x"));
            assertThat(record.text()).isEqualTo("{\"price\":2.50,  \"big\":12345678901234567890}");
            assertThat(batch.memberEpoch()).isEqualTo(3);
            assertThat(batch.assignment()).containsExactly(new TopicPartition("a", 2));
            assertThat(bus.lines()).containsExactly(POLL);
        }
    }

    @Test
    void valuesOfEveryKindAreCutOutExactly() throws Exception {
        Reply values =
                Reply.of(
                        200,
                        """
                        {"records":[
                         {"topic":"a","partition":0,"offset":0,"value":-1.50e3},
                         {"topic":"a","partition":0,"offset":1,"value":"é \\u00e9 \\"q\\""},
                         {"topic":"a","partition":0,"offset":2,"value":[ 1, {"a":[]} ] ,"key":null},
                         {"topic":"a","partition":0,"offset":3,"value":true},
                         {"topic":"a","partition":0,"offset":4,"key":"k","value":null},
                         {"topic":"a","partition":0,"offset":5,"value":"plain é",
                          "contentType":"text/plain"},
                         {"topic":"a","partition":0,"offset":6,"valueBase64":"AQID",
                          "contentType":"application/octet-stream"},
                         {"topic":"a","partition":0,"offset":7,"value":12}],
                         "memberEpoch":1,"assignment":[]}
                        """);
        try (ScriptedBus bus = ScriptedBus.replying(values, LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            List<BusRecord> records = consumer.poll().records();

            assertThat(records.stream().map(r -> new String(r.bytes(), StandardCharsets.UTF_8)))
                    .containsExactly(
                            "-1.50e3",
                            "\"é \\u00e9 \\\"q\\\"\"",
                            "[ 1, {\"a\":[]} ]",
                            "true",
                            "",
                            "plain é",
                            "\u0001\u0002\u0003",
                            "12");
            assertThat(records.get(1).text()).isEqualTo("é é \"q\"");
            assertThat(records.get(1).as(String.class)).isEqualTo("é é \"q\"");
            assertThat(records.get(4).isTombstone()).isTrue();
            assertThat(records.get(5).text()).isEqualTo("plain é");
            assertThat(records.get(6).as(byte[].class)).containsExactly(1, 2, 3);
            assertThat(records.get(7).as(Integer.class)).isEqualTo(12);
        }
    }

    @Test
    void anAcknowledgedBatchIsCommittedWithTheNextPollAndOnlyOnce() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, EMPTY, EMPTY, LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll().ack();
            consumer.poll();
            consumer.poll();

            assertThat(bus.lines()).containsExactly(POLL, POLL + "&ack=b1%2F%2B", POLL);
        }
    }

    @Test
    void closeLeavesAndCommitsWhatWasAcknowledged() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, LEFT);
                BusClient client = BusClient.connect(bus.url())) {
            BusConsumer consumer = client.consumer(OPTIONS);
            consumer.poll().ack();
            consumer.close();
            consumer.close();

            assertThat(bus.lines())
                    .containsExactly(POLL, "DELETE /v1/groups/g/members/m?ack=b1%2F%2B");
        }
    }

    @Test
    void aConsumerThatNeverJoinedDoesNotLeave() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying();
                BusClient client = BusClient.connect(bus.url())) {
            client.consumer(OPTIONS).close();

            assertThat(bus.calls()).isEmpty();
        }
    }

    @Test
    void aBusyBusKeepsTheAckForTheNextPoll() throws Exception {
        Reply busy = Reply.problem(503, "no-leader", true, "none");
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, busy, EMPTY, LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll().ack();
            assertThatThrownBy(consumer::poll).isInstanceOf(BusProblemException.class);
            consumer.poll();

            String acked = POLL + "&ack=b1%2F%2B";
            assertThat(bus.lines()).containsExactly(POLL, acked, acked);
        }
    }

    /** Unknown where the bus committed some of its partitions. */
    @ParameterizedTest
    @ValueSource(strings = {"none", "unknown"})
    void anAckOfAFencedMemberIsGivenUp(String outcome) throws Exception {
        Reply stale = Reply.problem(409, "stale-member-epoch", false, outcome);
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, stale, EMPTY, LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll().ack();
            assertThatThrownBy(consumer::poll).isInstanceOf(BusProblemException.class);
            consumer.poll();

            assertThat(bus.lines()).containsExactly(POLL, ACKED, POLL);
        }
    }

    @Test
    void afterALostAnswerTheMemberLeavesSoThatNothingIsSkipped() throws Exception {
        assertThat(linesAfterALostAnswer(LEFT))
                .containsExactly(POLL, ACKED, "DELETE " + MEMBER + "?ack=b1%2F%2B", POLL);
    }

    @Test
    void aMemberWhoseLastAckIsRefusedLeavesAllTheSame() throws Exception {
        Reply stale = Reply.problem(409, "stale-member-epoch", false, "unknown");
        assertThat(linesAfterALostAnswer(stale, LEFT))
                .containsExactly(
                        POLL,
                        ACKED,
                        "DELETE " + MEMBER + "?ack=b1%2F%2B",
                        "DELETE " + MEMBER,
                        POLL);
    }

    /** A batch is acknowledged, the answer to that poll is lost, and one more poll succeeds. */
    private static List<String> linesAfterALostAnswer(Reply... leaving) throws Exception {
        List<Reply> replies = new ArrayList<>(List.of(ONE_RECORD, Reply.LOST));
        replies.addAll(List.of(leaving));
        replies.addAll(List.of(ONE_RECORD, LEFT));
        try (ScriptedBus bus = ScriptedBus.replying(replies.toArray(Reply[]::new));
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll().ack();
            assertThatThrownBy(consumer::poll).isInstanceOf(BusUnavailableException.class);
            consumer.poll();
            return bus.lines();
        }
    }

    @Test
    void aMemberThatCannotLeaveDoesNotReadOn() throws Exception {
        Reply refused = Reply.problem(405, "method-not-allowed", false, "none");
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, Reply.LOST, refused, LEFT, EMPTY);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll();
            assertThatThrownBy(consumer::poll).isInstanceOf(BusUnavailableException.class);
            assertThatThrownBy(consumer::poll).isInstanceOf(BusProblemException.class);
            consumer.poll();

            String leave = "DELETE /v1/groups/g/members/m";
            assertThat(bus.lines()).containsExactly(POLL, POLL, leave, leave, POLL);
        }
    }

    @Test
    void aMemberWhoseFirstPollWasRefusedLeavesWhenItCloses() throws Exception {
        Reply refused = Reply.problem(429, "too-many-parked", false, "none");
        try (ScriptedBus bus = ScriptedBus.replying(refused, LEFT);
                BusClient client = BusClient.connect(bus.url())) {
            BusConsumer consumer = client.consumer(OPTIONS);
            assertThatThrownBy(consumer::poll).isInstanceOf(BusProblemException.class);
            consumer.close();
            assertThat(bus.lines()).containsExactly(POLL, "DELETE /v1/groups/g/members/m");
        }
    }

    @Test
    void positionsAreCommittedWithTheMembersEpoch() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, Reply.of(200, "{}"), LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll();
            consumer.commit(Map.of(new TopicPartition("a", 2), 42L));

            assertThat(bus.lines().get(1)).isEqualTo("POST /v1/groups/g/offsets");
            assertJson(
                    bus.calls().get(1).body(),
                    """
                    {"memberId":"m","memberEpoch":3,
                     "offsets":[{"topic":"a","partition":2,"nextOffset":42}]}
                    """);
        }
    }

    @Test
    void aFailureIsReportedAndItsAnswerUnderstood() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                ONE_RECORD,
                                Reply.of(
                                        200,
                                        "{\"attempt\":1,\"resumeAt\":\"2026-11-21T10:00:01.5Z\"}"),
                                Reply.of(200, "{\"deadLettered\":true,\"nextOffset\":42}"),
                                LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            BusRecord record = consumer.poll().records().get(0);

            assertThat(consumer.fail(record, "no address"))
                    .isEqualTo(new Failure.Attempt(1, Instant.parse("2026-11-21T10:00:01.5Z")));
            assertThat(consumer.fail(record, "no address")).isEqualTo(new Failure.DeadLettered(42));
            assertThat(bus.lines().get(1)).isEqualTo("POST /v1/groups/g/members/m/failures");
            assertJson(
                    bus.calls().get(1).body(),
                    "{\"topic\":\"a\",\"partition\":2,\"offset\":41,\"error\":\"no address\"}");
        }
    }

    @Test
    void aHeartbeatCarriesTheEpoch() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(ONE_RECORD, Reply.of(200, "{}"), LEFT);
                BusClient client = BusClient.connect(bus.url());
                BusConsumer consumer = client.consumer(OPTIONS)) {
            consumer.poll();
            consumer.heartbeat();

            assertThat(bus.lines().get(1)).isEqualTo("POST /v1/groups/g/members/m/heartbeat");
            assertJson(bus.calls().get(1).body(), "{\"memberEpoch\":3}");
        }
    }

    @Test
    void membersGetNamesOfTheirOwn() {
        assertThat(ConsumerOptions.of("g", "t").memberId())
                .startsWith("g-")
                .isNotEqualTo(ConsumerOptions.of("g", "t").memberId());
    }

    private static void assertJson(String actual, String expected) {
        JsonMapper json = JsonMapper.shared();
        assertThat(json.readTree(actual)).isEqualTo(json.readTree(expected));
    }
}
