package dev.restbus.coordinator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.cluster.ClusterEvent.BrokerRegistered;
import dev.restbus.coordinator.group.GroupEvent.AssignmentConfirmed;
import dev.restbus.coordinator.group.GroupEvent.GroupConfigured;
import dev.restbus.coordinator.group.GroupEvent.GroupDeleted;
import dev.restbus.coordinator.group.GroupEvent.MemberChanged;
import dev.restbus.coordinator.group.GroupEvent.MemberJoined;
import dev.restbus.coordinator.group.GroupEvent.MemberLeft;
import dev.restbus.coordinator.group.GroupEvent.Rebalanced;
import dev.restbus.coordinator.group.GroupEvent.SeatTaken;
import dev.restbus.coordinator.journal.Event;
import dev.restbus.coordinator.topic.TopicEvent.PartitionsChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicChanged;
import dev.restbus.coordinator.topic.TopicEvent.TopicCreated;
import dev.restbus.coordinator.topic.TopicEvent.TopicDeleted;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The form of every event in the journal; what stands here may be added to, never changed. */
class EventCodecTest {

    private static final UUID ID = UUID.fromString("00000000-0000-0001-0000-000000000002");
    private static final String P0 =
            "{'isr':[1],'leader':1,'leaderEpoch':3,'partition':0,'partitionEpoch':4,"
                    + "'replicas':[1,2]}";
    private static final PartitionMetadata PARTITION =
            new PartitionMetadata(0, 1, 3, 4, List.of(1, 2), List.of(1));

    private final EventCodec codec = new EventCodec();

    @Test
    void brokers() throws IOException {
        both(
                new BrokerRegistered(new BrokerMetadata(1, "http://b1:8080", ID, 5)),
                "BrokerRegistered",
                "{'broker':{'epoch':5,'id':1,'incarnation':'" + ID + "','url':'http://b1:8080'}}");
    }

    @Test
    void topics() throws IOException {
        both(
                new TopicCreated(
                        new TopicMetadata(
                                "t", ID, List.of(PARTITION), 2, true, Map.of("a", "1"), 99)),
                "TopicCreated",
                "{'topic':{'config':{'a':'1'},'createdAtMs':99,'id':'"
                        + ID
                        + "','name':'t','partitions':["
                        + P0
                        + "],'replicationFactor':2,'replicationFactorDefaulted':true}}");
        both(
                new TopicChanged("t", List.of(PARTITION), Map.of("b", "2")),
                "TopicChanged",
                "{'added':[" + P0 + "],'config':{'b':'2'},'name':'t'}");
        both(
                new PartitionsChanged("t", List.of(PARTITION)),
                "PartitionsChanged",
                "{'name':'t','partitions':[" + P0 + "]}");
        both(new TopicDeleted("t"), "TopicDeleted", "{'name':'t'}");
    }

    @Test
    void members() throws IOException {
        both(
                new MemberJoined("g", "m", "i", List.of("t", "u"), 45_000, 7, "range"),
                "MemberJoined",
                "{'assignor':'range','group':'g','incarnation':7,'instanceId':'i','memberId':'m',"
                        + "'sessionTimeoutMs':45000,'topics':['t','u']}");
        both(
                new MemberJoined("g", "m", null, List.of(), 1, 7, "range"),
                "MemberJoined",
                "{'assignor':'range','group':'g','incarnation':7,'memberId':'m',"
                        + "'sessionTimeoutMs':1,'topics':[]}");
        both(
                new SeatTaken("g", "m", "n", List.of("t"), 45_000, 8),
                "SeatTaken",
                "{'formerMemberId':'m','group':'g','incarnation':8,'memberId':'n',"
                        + "'sessionTimeoutMs':45000,'topics':['t']}");
        both(
                new MemberChanged("g", "m", List.of("t"), 1_000),
                "MemberChanged",
                "{'group':'g','memberId':'m','sessionTimeoutMs':1000,'topics':['t']}");
        both(
                new MemberLeft("g", "m", LeaveCause.EXPIRED),
                "MemberLeft",
                "{'cause':'EXPIRED','group':'g','memberId':'m'}");
        both(
                new AssignmentConfirmed("g", "m", 9),
                "AssignmentConfirmed",
                "{'group':'g','memberEpoch':9,'memberId':'m'}");
    }

    @Test
    void groups() throws IOException {
        both(
                new Rebalanced(
                        "g",
                        4,
                        99,
                        "because",
                        "gone",
                        new TreeMap<>(Map.of("m", Map.of("t", List.of(0, 2)), "n", Map.of()))),
                "Rebalanced",
                "{'atMs':99,'cause':'because','goneTopic':'gone','group':'g','groupEpoch':4,"
                        + "'target':{'m':{'t':[0,2]},'n':{}}}");
        both(
                new GroupConfigured("g", new RetryPolicy(4, 1_000, "d")),
                "GroupConfigured",
                "{'group':'g','retry':{'backoffMs':1000,'deadLetterTopic':'d','maxAttempts':4}}");
        both(new GroupDeleted("g"), "GroupDeleted", "{'group':'g'}");
    }

    @Test
    void whatThisProgramDoesNotKnowStopsTheReplay() {
        for (String unknown :
                List.of(
                        "{'type':'Invented','version':1,'event':{}}",
                        "{'type':'TopicDeleted','version':2,'event':{'name':'t'}}",
                        "{'type':'TopicDeleted','version':1,'event':{'name':['t']}}",
                        "{'type':'TopicDeleted'",
                        "")) {
            assertThatThrownBy(() -> codec.decode(unknown.replace('\'', '"').getBytes(UTF_8)))
                    .as(unknown)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the journal holds an event");
        }
    }

    private void both(Event event, String type, String body) throws IOException {
        String json =
                ("{'type':'" + type + "','version':1,'event':" + body + "}").replace('\'', '"');
        JsonMapper mapper = new JsonMapper();
        assertThat(mapper.readTree(codec.encode(event))).isEqualTo(mapper.readTree(json));
        assertThat(codec.decode(json.getBytes(UTF_8))).isEqualTo(event);
    }
}
