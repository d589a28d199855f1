package dev.restbus.coordinator.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicMetadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TopicDeciderTest {

    private static final UUID ID = new UUID(1, 1);

    private final TopicCatalogue topics = new TopicCatalogue();
    private List<Integer> brokers = List.of(1, 2, 3, 4);

    @Test
    void aTopicHasTheIdTheTimeAndThePlacementOfItsCreation() {
        TopicMetadata topic = create("t", 2, 3, Map.of("segment.bytes", " 65536"));

        assertThat(topic.id()).isEqualTo(ID);
        assertThat(topic.createdAtMs()).isEqualTo(77);
        assertThat(topic.replicationFactor()).isEqualTo(3);
        assertThat(topic.replicationFactorDefaulted()).isFalse();
        assertThat(topic.config()).isEqualTo(Map.of("segment.bytes", "65536"));
        assertThat(topic.partitions())
                .extracting(PartitionMetadata::replicas)
                .containsExactly(List.of(1, 2, 3), List.of(2, 3, 4));
    }

    @Test
    void theDefaultFactorIsThreeOrAsManyBrokersAsThereAre() {
        assertThat(create("a", 1, null, Map.of()).replicationFactor()).isEqualTo(3);
        brokers = List.of(1, 2);
        assertThat(create("b", 1, null, Map.of()).replicationFactor()).isEqualTo(2);
        brokers = List.of(1);
        TopicMetadata alone = create("c", 1, null, Map.of());
        assertThat(alone.replicationFactor()).isEqualTo(1);
        assertThat(alone.replicationFactorDefaulted()).isTrue();
    }

    @Test
    void theDefaultMinimumInSyncIsOneLessThanTheFactorButOne() {
        String key = "min.insync.replicas";
        assertThat(create("a", 1, 1, Map.of()).effectiveConfig()).containsEntry(key, "1");
        assertThat(create("b", 1, 2, Map.of()).effectiveConfig()).containsEntry(key, "1");
        assertThat(create("c", 1, 3, Map.of()).effectiveConfig()).containsEntry(key, "2");
        assertThat(create("d", 1, 3, Map.of(key, "3")).effectiveConfig()).containsEntry(key, "3");
    }

    @Test
    void theSameAgainIsNoEvent() {
        create("t", 2, 3, Map.of("segment.bytes", "65536"));

        assertThat(decideCreate("t", 2, 3, Map.of("segment.bytes", "65536"))).isEmpty();
        assertThat(decideCreate("t", 2, null, Map.of("segment.bytes", "65536"))).isEmpty();
        assertThat(
                        decideCreate(
                                "t",
                                2,
                                3,
                                Map.of("segment.bytes", "65536", "min.insync.replicas", "2")))
                .isEmpty();
    }

    @Test
    void theSameAgainIsFineAlsoWhenBrokersAreGone() {
        create("t", 2, 3, Map.of());
        brokers = List.of(1);

        assertThat(decideCreate("t", 2, 3, Map.of())).isEmpty();
    }

    @Test
    void anotherShapeIsRefusedWithTheDifference() {
        create("t", 2, 3, Map.of("segment.bytes", "65536"));

        refused(() -> decideCreate("t", 3, 3, Map.of()), "topic-exists", "2 partitions, not 3");
        refused(() -> decideCreate("t", 2, 1, Map.of()), "topic-exists", "factor of 3, not 1");
        refused(
                () -> decideCreate("t", 2, 3, Map.of()),
                "topic-exists",
                "segment.bytes 65536, not 1073741824");
    }

    @Test
    void whatCannotBeIsRefused() {
        refused(() -> decideCreate("a/b", 1, 1, Map.of()), "invalid-name", "a/b");
        refused(() -> decideCreate("t", 0, 1, Map.of()), "invalid-value", "1 to 256, not 0");
        refused(() -> decideCreate("t", 257, 1, Map.of()), "invalid-value", "257");
        refused(() -> decideCreate("t", 1, 0, Map.of()), "invalid-value", "not 0");
        refused(() -> decideCreate("t", 1, 5, Map.of()), "not-enough-brokers", "there are 4");
        refused(
                () -> decideCreate("t", 1, 1, Map.of("retention.banana", "1")),
                "invalid-config",
                "retention.banana");
        refused(
                () -> decideCreate("t", 1, 2, Map.of("min.insync.replicas", "3")),
                "invalid-config",
                "3 is more than the replication factor of 2");
        brokers = List.of();
        refused(() -> decideCreate("t", 1, null, Map.of()), "not-enough-brokers", "there are 0");
    }

    @Test
    void theBusMayCreateItsOwnTopics() {
        assertThat(create("__consumer_offsets", 50, null, Map.of()).partitionCount()).isEqualTo(50);
    }

    @Test
    void morePartitionsNeedTheConsentToMoveKeys() {
        create("t", 2, 3, Map.of());

        refused(() -> change("t", 6, false, Map.of()), "would-remap-keys", "from 2 to 6");
        TopicMetadata grown = change("t", 6, true, Map.of());

        assertThat(grown.partitions()).isEqualTo(Placement.place(brokers, 3, 0, 6));
        assertThat(grown.id()).isEqualTo(ID);
    }

    @Test
    void fewerOrTooManyPartitionsAreRefused() {
        create("t", 4, 3, Map.of());

        refused(() -> change("t", 3, true, Map.of()), "invalid-value", "cannot shrink to 3");
        refused(() -> change("t", 257, true, Map.of()), "invalid-value", "not 257");
        brokers = List.of(1);
        refused(() -> change("t", 5, true, Map.of()), "not-enough-brokers", "there are 1");
    }

    @Test
    void configurationIsSetAndRemoved() {
        create("t", 1, 3, Map.of("segment.bytes", "65536", "max.message.bytes", "1000"));
        Map<String, String> changes = new HashMap<>();
        changes.put("segment.bytes", null);
        changes.put("min.insync.replicas", "3");

        assertThat(change("t", null, false, changes).config())
                .isEqualTo(Map.of("max.message.bytes", "1000", "min.insync.replicas", "3"));
        refused(
                () -> change("t", null, false, Map.of("min.insync.replicas", "4")),
                "invalid-config",
                "factor of 3");
        refused(
                () -> change("t", null, false, Map.of("segment.bytes", "big")),
                "invalid-config",
                "big");
    }

    @Test
    void timesAreMillisecondsOrDurationsAndMayBeUnlimited() {
        create("t", 1, 1, Map.of("retention.ms", "2d", "segment.ms", "1000"));

        assertThat(topics.topic("t").config())
                .isEqualTo(Map.of("retention.ms", "172800000", "segment.ms", "1000"));
        assertThat(change("t", null, false, Map.of("retention.ms", "-1")).config())
                .containsEntry("retention.ms", "-1");
        for (String key : List.of("retention.ms", "segment.ms", "retention.bytes")) {
            refused(
                    () -> change("t", null, false, Map.of(key, "-2")),
                    "invalid-config",
                    "not '-2'");
        }
        refused(
                () -> change("t", null, false, Map.of("retention.bytes", "1h")),
                "invalid-config",
                "1h");
        refused(() -> change("t", null, false, Map.of("segment.ms", "0")), "invalid-config", "0");
    }

    @Test
    void aChangeToWhatIsThereIsNoEvent() {
        create("t", 2, 3, Map.of("segment.bytes", "65536"));

        assertThat(
                        TopicDecider.change(
                                topics,
                                brokers,
                                "t",
                                new TopicChange(2, false, Map.of("segment.bytes", "65536"))))
                .isEmpty();
    }

    @Test
    void whatIsNotThereCannotBeChangedOrDeleted() {
        refused(() -> change("t", 2, true, Map.of()), "unknown-topic", "'t'");
        refused(() -> TopicDecider.delete(topics, "t"), "unknown-topic", "'t'");
        create("t", 1, 1, Map.of());
        TopicDecider.delete(topics, "t").forEach(topics::apply);
        assertThat(topics.topics()).isEmpty();
    }

    private List<TopicEvent> decideCreate(
            String name, int partitions, Integer factor, Map<String, String> config) {
        return TopicDecider.create(
                topics, brokers, new NewTopic(name, partitions, factor, config), ID, 77);
    }

    private TopicMetadata create(
            String name, int partitions, Integer factor, Map<String, String> config) {
        decideCreate(name, partitions, factor, config).forEach(topics::apply);
        return Objects.requireNonNull(topics.topic(name));
    }

    private TopicMetadata change(
            String name, Integer partitions, boolean accept, Map<String, String> config) {
        TopicDecider.change(topics, brokers, name, new TopicChange(partitions, accept, config))
                .forEach(topics::apply);
        return Objects.requireNonNull(topics.topic(name));
    }

    private static void refused(Runnable call, String code, String detail) {
        assertThatThrownBy(call::run).hasMessageContaining(code).hasMessageContaining(detail);
    }
}
