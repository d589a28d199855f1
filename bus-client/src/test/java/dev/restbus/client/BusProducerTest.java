package dev.restbus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.restbus.api.Acks;
import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import dev.restbus.client.ScriptedBus.Reply;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class BusProducerTest {

    private static final List<NewRecord> TWO_RECORDS =
            List.of(NewRecord.of("t", "a", 1), NewRecord.of("t", "b", 2));

    private static final Reply STORED =
            Reply.of(201, "{\"records\":[{\"partition\":1,\"offset\":7}]}");

    @Test
    void aRecordIsSentInTheShapeOfTheApi() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(STORED);
                BusClient client = BusClient.builder(bus.url()).token("secret").build()) {
            SentRecord sent =
                    client.producer()
                            .send(
                                    NewRecord.of("orders", "c-7", Map.of("total", 12.5))
                                            .withHeader("type", "placed")
                                            .withPartition(1)
                                            .withTimestampMs(1_700_000_000_000L));

            assertThat(sent).isEqualTo(new SentRecord("orders", 1, 7));
            assertThat(sent.id()).isEqualTo("1-7");
            assertThat(bus.lines()).containsExactly("POST /v1/topics/orders/records?acks=all");
            assertThat(bus.calls().get(0).authorization()).isEqualTo("Bearer secret");
            assertJson(
                    bus.calls().get(0).body(),
                    """
                    {"records":[{"key":"c-7","value":{"total":12.5},"partition":1,"timestamp":1700000000000,
                     "headers":{"type":"placed"}}]}
                    """);
        }
    }

    @Test
    void bytesTombstonesAndTextKeepTheirKind() throws Exception {
        Reply stored =
                Reply.of(
                        201,
                        """
                        {"records":[{"partition":0,"offset":0},{"partition":0,"offset":1},
                         {"partition":0,"offset":2}]}
                        """);
        try (ScriptedBus bus = ScriptedBus.replying(stored);
                BusClient client = BusClient.connect(bus.url())) {
            client.producer()
                    .sendAll(
                            List.of(
                                    NewRecord.of("t", null, new byte[] {1, 2, 3}),
                                    NewRecord.of("t", "k", null),
                                    NewRecord.of("t", null, "text \"quoted\"")));

            assertJson(
                    bus.calls().get(0).body(),
                    """
                    {"records":[{"valueBase64":"AQID"},{"key":"k","value":null},
                     {"value":"text \\"quoted\\""}]}
                    """);
        }
    }

    @Test
    void acksZeroHasNoOffset() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(Reply.of(202, "{\"accepted\":1}"));
                BusClient client = BusClient.connect(bus.url())) {
            SentRecord sent = client.producer().withAcks(Acks.NONE).send("t", null, 1);

            assertThat(sent.offset()).isEqualTo(-1);
            assertThat(bus.lines()).containsExactly("POST /v1/topics/t/records?acks=0");
        }
    }

    @Test
    void aRetryableProblemWithoutEffectIsRepeated() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.problem(503, "not-enough-replicas", true, "none"), STORED);
                BusClient client = BusClient.connect(bus.url())) {
            assertThat(client.producer().send("t", null, 1).offset()).isEqualTo(7);
            assertThat(bus.calls()).hasSize(2);
            assertThat(bus.calls().get(1).body()).isEqualTo(bus.calls().get(0).body());
        }
    }

    @Test
    void aRefusalIsSurfacedAtOnceWithAllItsParts() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.problem(422, "invalid-value", false, "none"), STORED);
                BusClient client = BusClient.connect(bus.url())) {
            BusProblemException problem =
                    catchThrowableOfType(
                            BusProblemException.class, () -> client.producer().send("t", null, 1));

            assertThat(problem.status()).isEqualTo(422);
            assertThat(problem.code()).isEqualTo("invalid-value");
            assertThat(problem.detail()).isEqualTo("because");
            assertThat(problem.hint()).isEqualTo("curl x");
            assertThat(problem.errors()).containsExactly(new FieldError("/a", "b"));
            assertThat(problem.outcome()).isEqualTo(Outcome.NONE);
            assertThat(problem.retryAfter()).isNull();
            assertThat(bus.calls()).hasSize(1);
        }
    }

    @Test
    void anUnknownOutcomeIsLeftToTheCaller() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.problem(504, "outcome-unknown", true, "unknown"), STORED);
                BusClient client = BusClient.connect(bus.url())) {
            BusProblemException problem =
                    catchThrowableOfType(
                            BusProblemException.class, () -> client.producer().send("t", null, 1));

            assertThat(problem.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(bus.calls()).hasSize(1);
        }
    }

    @Test
    void atLeastOnceRepeatsAnUnknownOutcomeToo() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.problem(504, "outcome-unknown", true, "unknown"),
                                Reply.LOST,
                                STORED);
                BusClient client =
                        BusClient.builder(bus.url())
                                .retry(RetryLimits.DEFAULT.withAtLeastOnce(true))
                                .build()) {
            assertThat(client.producer().send("t", null, 1).offset()).isEqualTo(7);
            assertThat(bus.calls()).hasSize(3);
        }
    }

    @Test
    void aLostConnectionIsLeftToTheCaller() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(Reply.LOST, STORED);
                BusClient client = BusClient.connect(bus.url())) {
            BusUnavailableException lost =
                    catchThrowableOfType(
                            BusUnavailableException.class,
                            () -> client.producer().send("t", null, 1));

            assertThat(lost.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(bus.calls()).hasSize(1);
        }
    }

    @Test
    void aRefusedConnectionIsTriedUntilTheAttemptsAreUsedUp() throws Exception {
        try (BusClient client =
                BusClient.builder("http://127.0.0.1:" + freePort())
                        .retry(new RetryLimits(3, Duration.ofSeconds(20), false))
                        .build()) {
            assertThatThrownBy(() -> client.producer().send("t", null, 1))
                    .isInstanceOfSatisfying(
                            BusUnavailableException.class,
                            e -> assertThat(e.outcome()).isEqualTo(Outcome.NONE));
        }
    }

    @Test
    void noAttemptStartsWhereRetryAfterReachesBeyondTheTotalTime() throws Exception {
        Reply busy =
                Reply.problem(429, "backpressure", true, "none").withHeader("Retry-After", "60");
        try (ScriptedBus bus = ScriptedBus.replying(busy, STORED);
                BusClient client = BusClient.connect(bus.url())) {
            BusProblemException problem =
                    catchThrowableOfType(
                            BusProblemException.class, () -> client.producer().send("t", null, 1));

            assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(60));
            assertThat(bus.calls()).hasSize(1);
        }
    }

    @Test
    void afterManyFailuresTheCircuitOpensAndCallsFailWithoutReachingTheBus() throws Exception {
        try (ScriptedBus bus =
                        new ScriptedBus(call -> Reply.problem(503, "shutting-down", true, "none"));
                BusClient client = BusClient.connect(bus.url())) {
            BusProducer once =
                    client.producer().withRetry(new RetryLimits(1, Duration.ZERO, false));
            List<Throwable> failures =
                    IntStream.range(0, 15)
                            .mapToObj(
                                    i ->
                                            (Throwable)
                                                    catchThrowableOfType(
                                                            BusClientException.class,
                                                            () -> once.send("t", null, 1)))
                            .toList();

            assertThat(bus.calls()).hasSize(10);
            assertThat(failures.subList(10, 15))
                    .allSatisfy(
                            e -> {
                                assertThat(e).isInstanceOf(BusUnavailableException.class);
                                assertThat(((BusUnavailableException) e).outcome())
                                        .isEqualTo(Outcome.NONE);
                            });
        }
    }

    @Test
    void whatAPartlyRefusedCallMissesIsSentAgainAlone() throws Exception {
        Reply partly =
                Reply.of(
                        207,
                        """
                        {"records":[{"partition":0,"offset":5},
                         {"status":503,"code":"no-leader","retryable":true,"outcome":"none"},
                         {"partition":0,"offset":6}]}
                        """);
        try (ScriptedBus bus = ScriptedBus.replying(partly, STORED);
                BusClient client = BusClient.connect(bus.url())) {
            List<SentRecord> sent =
                    client.producer()
                            .sendAll(
                                    List.of(
                                            NewRecord.of("t", "a", 1),
                                            NewRecord.of("t", "b", 2),
                                            NewRecord.of("t", "c", 3)));

            assertThat(sent).extracting(SentRecord::id).containsExactly("0-5", "1-7", "0-6");
            assertJson(bus.calls().get(1).body(), "{\"records\":[{\"key\":\"b\",\"value\":2}]}");
        }
    }

    @Test
    void nothingIsSentAgainBesideARecordThatMayBeStored() throws Exception {
        Reply partly =
                Reply.of(
                        207,
                        """
                        {"records":[
                         {"status":503,"code":"no-leader","retryable":true,"outcome":"none"},
                         {"status":503,"code":"timed-out","retryable":true,"outcome":"unknown"}]}
                        """);
        try (ScriptedBus bus = ScriptedBus.replying(partly, STORED);
                BusClient client = BusClient.connect(bus.url())) {
            BusClientException refused =
                    catchThrowableOfType(
                            BusClientException.class, () -> client.producer().sendAll(TWO_RECORDS));

            assertThat(refused.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(bus.calls()).hasSize(1);
        }
    }

    @Test
    void whatStaysRefusedIsToldRecordByRecord() throws Exception {
        Reply partly =
                Reply.of(
                        207,
                        """
                        {"records":[{"partition":0,"offset":5},
                         {"problem":{"status":413,"code":"record-too-large","retryable":false,
                                     "outcome":"none"}}]}
                        """);
        try (ScriptedBus bus = ScriptedBus.replying(partly);
                BusClient client = BusClient.connect(bus.url())) {
            BusProducer.PartialSendException partial =
                    catchThrowableOfType(
                            BusProducer.PartialSendException.class,
                            () -> client.producer().sendAll(TWO_RECORDS));

            assertThat(partial.sent()).containsExactly(new SentRecord("t", 0, 5), null);
            assertThat(((BusProblemException) partial.failure()).code())
                    .isEqualTo("record-too-large");
            assertThat(partial.outcome()).isEqualTo(Outcome.NONE);
        }
    }

    @Test
    void aLongListIsSplitAndStaysInOrder() throws Exception {
        try (ScriptedBus bus =
                        new ScriptedBus(
                                call -> {
                                    int count =
                                            JsonMapper.shared()
                                                    .readTree(call.body())
                                                    .path("records")
                                                    .size();
                                    return Reply.of(201, answerFor(count));
                                });
                BusClient client = BusClient.connect(bus.url())) {
            List<NewRecord> records =
                    IntStream.range(0, 1_100).mapToObj(i -> NewRecord.of("t", null, i)).toList();

            assertThat(client.producer().sendAll(records)).hasSize(1_100);
            assertThat(bus.calls()).hasSize(3);
            assertThat(bus.calls().get(2).body()).startsWith("{\"records\":[{\"value\":1000}");
        }
    }

    @Test
    void anAnswerThatIsNoProblemDocumentIsStillAProblem() throws Exception {
        try (ScriptedBus bus = ScriptedBus.replying(Reply.of(404, "<html>nothing</html>"));
                BusClient client = BusClient.connect(bus.url())) {
            BusProblemException problem =
                    catchThrowableOfType(
                            BusProblemException.class, () -> client.producer().send("t", null, 1));

            assertThat(problem.code()).isEqualTo("unknown");
            assertThat(problem.status()).isEqualTo(404);
            assertThat(problem.retryable()).isFalse();
        }
    }

    private static String answerFor(int count) {
        StringBuilder records = new StringBuilder();
        for (int i = 0; i < count; i++) {
            records.append(i == 0 ? "" : ",").append("{\"partition\":0,\"offset\":" + i + "}");
        }
        return "{\"records\":[" + records + "]}";
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void assertJson(String actual, String expected) {
        JsonMapper json = JsonMapper.shared();
        assertThat(json.readTree(actual))
                .isEqualTo(json.readTree(expected.getBytes(StandardCharsets.UTF_8)));
    }
}
