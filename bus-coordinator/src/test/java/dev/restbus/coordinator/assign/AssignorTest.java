package dev.restbus.coordinator.assign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.control.TopicPartition;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules of the assignors on the examples that define them. */
class AssignorTest {

    @Test
    void rangeGivesSevenPartitionsToThreeMembersInRuns() {
        var target = Assignor.RANGE.assign(members("C0", "C1", "C2"), Map.of("t", 7));

        assertThat(lines(target)).containsExactly("C0: t-0 t-1 t-2", "C1: t-3 t-4", "C2: t-5 t-6");
    }

    @Test
    void rangeIsSkewedOverTwoTopics() {
        var target = Assignor.RANGE.assign(members("C0", "C1"), Map.of("t0", 3, "t1", 3));

        assertThat(lines(target)).containsExactly("C0: t0-0 t0-1 t1-0 t1-1", "C1: t0-2 t1-2");
    }

    @Test
    void roundRobinDealsTwoTopicsToTwoMembers() {
        var target = Assignor.ROUND_ROBIN.assign(members("C0", "C1"), Map.of("t0", 3, "t1", 3));

        assertThat(lines(target)).containsExactly("C0: t0-0 t0-2 t1-1", "C1: t0-1 t1-0 t1-2");
    }

    @Test
    void roundRobinSkipsWhoDoesNotSubscribe() {
        List<Subscriber> members =
                List.of(member("C0", "t0"), member("C1", "t0", "t1"), member("C2", "t1"));

        var target = Assignor.ROUND_ROBIN.assign(members, Map.of("t0", 2, "t1", 3));

        assertThat(lines(target)).containsExactly("C0: t0-0", "C1: t0-1 t1-1", "C2: t1-0 t1-2");
    }

    @Test
    void everyAssignorSortsStaticMembersFirstByInstance() {
        List<Subscriber> members =
                List.of(
                        new Subscriber("a", null, Set.of("t"), Set.of()),
                        new Subscriber("z", "i1", Set.of("t"), Set.of()));

        for (Assignor assignor : Assignor.values()) {
            assertThat(lines(assignor.assign(members, Map.of("t", 3))))
                    .as(assignor.wireName())
                    .first()
                    .asString()
                    .matches("a: t-\\d");
        }
    }

    @Test
    void aMemberBeyondTheLastPartitionGetsAnEmptyTarget() {
        for (Assignor assignor : Assignor.values()) {
            var target = assignor.assign(members("C0", "C1", "C2", "C3"), Map.of("t", 3));

            assertThat(target).as(assignor.wireName()).hasSize(4).containsEntry("C3", empty());
        }
    }

    @Test
    void aTopicThatDoesNotExistYetGivesNothing() {
        for (Assignor assignor : Assignor.values()) {
            assertThat(assignor.assign(members("C0"), Map.of()))
                    .as(assignor.wireName())
                    .containsEntry("C0", empty());
        }
    }

    @Test
    void stickyMovesOnlyTheLeaversPartitions() {
        List<Subscriber> rest =
                List.of(owning("C0", "t-0", "t-3", "t-6"), owning("C2", "t-2", "t-5"));

        var target = Assignor.STICKY.assign(rest, Map.of("t", 7));

        assertThat(target.get("C0")).containsAll(rest.get(0).owned()).hasSize(4);
        assertThat(target.get("C2")).containsAll(rest.get(1).owned()).hasSize(3);
    }

    @Test
    void stickyMovesOnlyTheNewcomersShare() {
        List<Subscriber> members =
                List.of(
                        owning("C0", "t-0", "t-2", "t-4"),
                        owning("C1", "t-1", "t-3", "t-5"),
                        owning("C2"));

        var target = Assignor.COOPERATIVE_STICKY.assign(members, Map.of("t", 6));

        assertThat(target.get("C0")).hasSize(2).isSubsetOf(members.get(0).owned());
        assertThat(target.get("C1")).hasSize(2).isSubsetOf(members.get(1).owned());
        assertThat(target.get("C2")).hasSize(2);
    }

    /** Nobody can give to C2 directly, only through C1. */
    @Test
    void stickyEvensTheLoadAlongAPath() {
        List<Subscriber> members =
                List.of(
                        new Subscriber("C0", null, Set.of("a"), partitions("a-0", "a-1", "a-2")),
                        new Subscriber("C1", null, Set.of("a", "b"), partitions("b-0", "b-1")),
                        new Subscriber("C2", null, Set.of("b"), Set.of()));

        var target = Assignor.STICKY.assign(members, Map.of("a", 3, "b", 2));

        assertThat(target.values()).extracting(Set::size).containsExactly(2, 2, 1);
    }

    @Test
    void anUnknownAssignorIsRefused() {
        assertThatThrownBy(() -> Assignor.named("fair"))
                .hasMessageContaining("invalid-value")
                .hasMessageContaining("range, round-robin, sticky, cooperative-sticky");
    }

    private static List<Subscriber> members(String... ids) {
        return Arrays.stream(ids)
                .map(id -> new Subscriber(id, null, Set.of("t", "t0", "t1"), Set.of()))
                .toList();
    }

    private static Subscriber member(String id, String... topics) {
        return new Subscriber(id, null, Set.of(topics), Set.of());
    }

    private static Subscriber owning(String id, String... owned) {
        return new Subscriber(id, null, Set.of("t"), partitions(owned));
    }

    private static Set<TopicPartition> partitions(String... names) {
        return Arrays.stream(names)
                .map(name -> name.split("-"))
                .map(parts -> new TopicPartition(parts[0], Integer.parseInt(parts[1])))
                .collect(Collectors.toSet());
    }

    private static SortedSet<TopicPartition> empty() {
        return new TreeSet<>();
    }

    private static List<String> lines(SortedMap<String, SortedSet<TopicPartition>> target) {
        return target.entrySet().stream()
                .map(
                        entry ->
                                entry.getKey()
                                        + ": "
                                        + entry.getValue().stream()
                                                .map(TopicPartition::toString)
                                                .collect(Collectors.joining(" ")))
                .toList();
    }
}
