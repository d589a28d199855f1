package dev.restbus.coordinator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicChange;
import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every journal does, whether one process can open it or several. */
public abstract class JournalConformance {

    /** Opens the one journal of this test, empty at first, as its writer. */
    protected abstract Journal open() throws Exception;

    @Test
    void anEmptyJournalReplaysNothing() throws Exception {
        try (Journal journal = open()) {
            assertThat(replay(journal, 0)).isEmpty();
        }
    }

    @Test
    void eventsComeBackInOrderWithTheirNumbers() throws Exception {
        try (Journal journal = open()) {
            assertThat(append(journal, 0, "{\"n\":1}", "{\"n\":2}")).isEqualTo(2);
            assertThat(append(journal, 2, "{\"n\":3}")).isEqualTo(3);

            assertThat(replay(journal, 0))
                    .containsExactly("1 {\"n\":1}", "2 {\"n\":2}", "3 {\"n\":3}");
            assertThat(replay(journal, 2)).containsExactly("3 {\"n\":3}");
            assertThat(replay(journal, 3)).isEmpty();
        }
    }

    @Test
    void eventsOutliveTheJournalThatWroteThem() throws Exception {
        try (Journal journal = open()) {
            append(journal, 0, "{\"n\":1}");
        }

        try (Journal journal = open()) {
            assertThat(replay(journal, 0)).containsExactly("1 {\"n\":1}");
            assertThat(append(journal, 1, "{\"n\":2}")).isEqualTo(2);
        }
    }

    @Test
    void bytesComeBackAsTheyWere() throws Exception {
        String odd = "{\"b\": 1,  \"a\":\"é \uD83D\uDE8C \\u0001 ' \\\\ ? :x\"}";
        String big = "{\"big\":\"" + "x".repeat(200_000) + "\"}";
        try (Journal journal = open()) {
            append(journal, 0, odd, big);

            assertThat(replay(journal, 0)).containsExactly("1 " + odd, "2 " + big);
        }
    }

    @Test
    void manyEventsComeBack() throws Exception {
        String[] events = new String[2_500];
        Arrays.setAll(events, i -> "{\"n\":" + i + "}");
        try (Journal journal = open()) {
            assertThat(append(journal, 0, events)).isEqualTo(2_500);

            List<String> read = replay(journal, 10);
            assertThat(read)
                    .hasSize(2_490)
                    .startsWith("11 {\"n\":10}")
                    .endsWith("2500 {\"n\":2499}");
        }
    }

    /** One command may touch every group of a large cluster. */
    @Test
    void aLargeAppendComesBackAsAWhole() throws Exception {
        String[] events = new String[6_000];
        Arrays.setAll(events, i -> "{\"n\":" + i + ",\"x\":\"" + "x".repeat(1_000) + "\"}");
        try (Journal journal = open()) {
            append(journal, 0, events);
        }

        try (Journal journal = open()) {
            assertThat(replay(journal, 0)).hasSize(6_000).endsWith("6000 " + events[5_999]);
        }
    }

    @Test
    void anAppendAtAnotherVersionIsRefusedAsAWhole() throws Exception {
        try (Journal journal = open()) {
            append(journal, 0, "{\"n\":1}");

            assertRefused(journal, 0, JournalException.Kind.CONFLICT);
            assertRefused(journal, 2, JournalException.Kind.CONFLICT);
            assertThat(replay(journal, 0)).containsExactly("1 {\"n\":1}");
            assertThat(append(journal, 1, "{\"n\":2}")).isEqualTo(2);
        }
    }

    @Test
    void aCoordinatorFindsItsStateAgain() throws Exception {
        MetadataImage metadata;
        List<GroupView> groups;
        try (Coordinator coordinator = coordinator()) {
            coordinator.registerBroker(1, "http://b1", new UUID(0, 1)).join();
            coordinator.createTopic(new NewTopic("orders", 4, null, Map.of())).join();
            coordinator
                    .createTopic(new NewTopic("gone", 1, 1, Map.of("segment.bytes", "65536")))
                    .join();
            coordinator.join(request("m1")).join();
            coordinator.join(request("m2")).join();
            coordinator.confirm("g", "m1", 2).join();
            coordinator.join(request("m3")).join();
            coordinator.leave("g", "m2", 2, LeaveCause.EXPIRED).join();
            coordinator
                    .changeTopic(
                            "orders", new TopicChange(6, true, Map.of("segment.bytes", "20000")))
                    .join();
            coordinator.deleteTopic("gone").join();
            coordinator.configure("h", new RetryPolicy(2, 10, "h.dead")).join();
            coordinator.registerBroker(1, "http://b1", new UUID(0, 2)).join();
            metadata = coordinator.metadata();
            groups = coordinator.groups();
        }
        assertThat(groups).extracting(GroupView::group).containsExactly("g", "h");
        assertThat(metadata.topics()).containsOnlyKeys("orders");
        assertThat(metadata.topics().get("orders").partitions())
                .hasSize(6)
                .allMatch(partition -> partition.leaderEpoch() == 2);

        try (Coordinator again = coordinator()) {
            assertThat(again.metadata()).isEqualTo(metadata);
            assertThat(again.groups()).isEqualTo(groups);
            assertThat(again.createTopic(new NewTopic("next", 1, null, Map.of())).join().created())
                    .isTrue();
            assertThat(again.metadata().version()).isGreaterThan(metadata.version());
        }
    }

    final Coordinator coordinator() throws Exception {
        return Coordinator.start(open(), InstantSource.system(), UUID::randomUUID, 100);
    }

    static JoinGroup request(String member) {
        return new JoinGroup("g", member, List.of("orders"), null, null, 10_000);
    }

    static long append(Journal journal, long expected, String... events) throws IOException {
        return journal.append(
                expected, Arrays.stream(events).map(event -> event.getBytes(UTF_8)).toList());
    }

    static void assertRefused(Journal journal, long expected, JournalException.Kind kind) {
        assertThatThrownBy(() -> append(journal, expected, "{\"refused\":1}", "{}"))
                .isInstanceOfSatisfying(
                        JournalException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    static List<String> replay(Journal journal, long after) throws IOException {
        List<String> read = new ArrayList<>();
        journal.replay(
                after, (version, event) -> read.add(version + " " + new String(event, UTF_8)));
        return read;
    }
}
