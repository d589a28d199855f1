package dev.restbus.coordinator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.coordinator.topic.TopicCatalogue;
import dev.restbus.coordinator.topic.TopicDecider;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BrokerDeciderTest {

    private final Brokers brokers = new Brokers();
    private final TopicCatalogue topics = new TopicCatalogue();

    @Test
    void everyRegistrationOfANewLifeRaisesTheEpoch() {
        register(1, "http://a", 1);
        register(1, "http://a", 2);
        register(2, "http://b", 3);

        assertThat(brokers.brokers().values())
                .containsExactly(
                        new BrokerMetadata(1, "http://a", new UUID(0, 2), 2),
                        new BrokerMetadata(2, "http://b", new UUID(0, 3), 1));
        assertThat(brokers.liveIds()).containsExactly(1, 2);
    }

    @Test
    void theSameLifeAgainIsNoEvent() {
        register(1, "http://a", 1);

        assertThat(register(1, "http://a", 1)).isEmpty();
        assertThat(register(1, "http://elsewhere", 1)).hasSize(1);
    }

    @Test
    void aNewLifeLeadsUnderNewEpochsAndTouchesNothingElse() {
        register(1, "http://a", 1);
        register(2, "http://b", 2);
        TopicDecider.create(
                        topics,
                        brokers.liveIds(),
                        new NewTopic("t", 3, 2, Map.of()),
                        new UUID(9, 9),
                        0)
                .forEach(topics::apply);

        register(2, "http://b", 3);

        assertThat(Objects.requireNonNull(topics.topic("t")).partitions())
                .extracting(
                        PartitionMetadata::leader,
                        PartitionMetadata::leaderEpoch,
                        PartitionMetadata::partitionEpoch)
                .containsExactly(tuple(1, 1, 1), tuple(2, 2, 2), tuple(1, 1, 1));
    }

    @Test
    void brokersCountFromOne() {
        assertThatThrownBy(() -> register(0, "http://a", 1)).hasMessageContaining("invalid-value");
    }

    private List<ClusterEvent> register(int id, String url, long life) {
        List<ClusterEvent> events = BrokerDecider.register(brokers, id, url, new UUID(0, life));
        for (ClusterEvent event : events) {
            brokers.apply(event);
            topics.leadAnew(id);
        }
        return events;
    }
}
