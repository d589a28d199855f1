package dev.restbus.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.client.ScriptedBus.Reply;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class BusAdminTest {

    @Test
    void aTopicThatIsThereWithAnotherShapeIsLeftAlone() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.of(201, "{}"),
                                Reply.problem(409, "topic-exists", false, "none"),
                                Reply.problem(422, "invalid-config", false, "none"));
                BusClient client = BusClient.connect(bus.url())) {
            client.topics().createIfMissing("t", 3, Map.of());
            client.topics().createIfMissing("t", 6, Map.of("retention.ms", 1));
            assertThatThrownBy(() -> client.topics().createIfMissing("t", 3, Map.of("x", 1)))
                    .isInstanceOf(BusProblemException.class);

            assertThat(bus.lines().get(0)).isEqualTo("PUT /v1/topics/t");
            assertThat(bus.calls().get(0).body()).isEqualTo("{\"partitions\":3}");
            assertThat(bus.calls().get(1).body())
                    .isEqualTo("{\"partitions\":6,\"config\":{\"retention.ms\":1}}");
        }
    }

    @Test
    void aTopicIsDescribed() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.of(
                                        200,
                                        """
                                        {"name":"t","id":"u","partitions":[{"partition":0,
                                          "leader":1,"leaderEpoch":0,"replicas":[1],"isr":[1],
                                          "logStartOffset":2,"highWatermark":9,"logEndOffset":10,
                                          "sizeBytes":77}],"replicationFactor":1,"config":{}}
                                        """));
                BusClient client = BusClient.connect(bus.url())) {
            assertThat(client.topics().get("t").partitions())
                    .containsExactly(new BusTopics.Partition(0, 1, 2, 9, 10, 77));
            assertThat(bus.lines()).containsExactly("GET /v1/topics/t");
        }
    }

    @Test
    void aPartitionIsReadByOffset() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.of(
                                        200,
                                        """
                                        {"records":[{"partition":1,"offset":5,"timestamp":1,
                                          "key":null,"value":"v","headers":{}}],
                                         "nextOffset":6,"highWatermark":9,"logStartOffset":0}
                                        """));
                BusClient client = BusClient.connect(bus.url())) {
            BusTopics.Page page = client.topics().read("t", 1, 5, 1, Duration.ofSeconds(1));

            assertThat(page.records().get(0).toString()).isEqualTo("t-1@5");
            assertThat(page.nextOffset()).isEqualTo(6);
            assertThat(page.highWatermark()).isEqualTo(9);
            assertThat(bus.lines())
                    .containsExactly(
                            "GET /v1/topics/t/partitions/1/records?offset=5&max=1&wait=1000ms");
        }
    }

    @Test
    void aGroupIsConfiguredAndDescribed() throws Exception {
        try (ScriptedBus bus =
                        ScriptedBus.replying(
                                Reply.of(200, "{}"),
                                Reply.of(
                                        200,
                                        """
                                        {"group":"g","state":"stable","groupEpoch":4,"members":[
                                          {"memberId":"m","memberEpoch":4,"assignment":[]}],
                                         "lag":900,"lagSeconds":null}
                                        """),
                                Reply.of(
                                        200,
                                        """
                                        {"offsets":[{"topic":"t","partition":0,"nextOffset":3,
                                          "lag":null}]}
                                        """));
                BusClient client = BusClient.connect(bus.url())) {
            client.groups().configureRetry("g", 4, Duration.ofSeconds(1), "failed-messages");

            assertThat(bus.lines()).containsExactly("PUT /v1/groups/g");
            assertThat(JsonMapper.shared().readTree(bus.calls().get(0).body()))
                    .isEqualTo(
                            JsonMapper.shared()
                                    .readTree(
                                            """
                                            {"retry":{"maxAttempts":4,
                                              "backoff":{"type":"fixed","initial":"1s"},
                                              "deadLetter":{"topic":"failed-messages"}}}
                                            """));
            assertThat(client.groups().get("g").lag()).isEqualTo(900);
            assertThat(client.groups().offsets("g"))
                    .containsExactly(new BusGroups.Position("t", 0, 3, 0));
        }
    }

    @Test
    void aBusThatAnswersIsReachableWhateverItSays() throws Exception {
        BusClient client;
        try (ScriptedBus bus =
                ScriptedBus.replying(
                        Reply.of(200, "{}"), Reply.problem(401, "unauthorized", false, "none"))) {
            client = BusClient.connect(bus.url());
            assertThat(client.isReachable()).isTrue();
            assertThat(client.isReachable()).isTrue();
        }
        assertThat(client.isReachable()).isFalse();
        client.close();
    }
}
