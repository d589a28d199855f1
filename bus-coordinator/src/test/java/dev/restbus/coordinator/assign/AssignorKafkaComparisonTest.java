package dev.restbus.coordinator.assign;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.internals.AbstractPartitionAssignor;
import org.apache.kafka.common.PartitionInfo;
import org.junit.jupiter.api.Test;

/** The assignors beside Kafka's own, on random groups. */
class AssignorKafkaComparisonTest {

    private static final int ROUNDS = 500;

    @Test
    void rangeIsKafkas() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Scenario scenario = Scenario.random(new Random(seed), seed % 2 == 0);

            assertThat(Assignor.RANGE.assign(scenario.members, scenario.counts))
                    .as("seed %d", seed)
                    .isEqualTo(kafka(new RangeAssignor(), scenario, Map.of()));
        }
    }

    @Test
    void roundRobinIsKafkas() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Scenario scenario = Scenario.random(new Random(seed), seed % 2 == 0);

            assertThat(Assignor.ROUND_ROBIN.assign(scenario.members, scenario.counts))
                    .as("seed %d", seed)
                    .isEqualTo(kafka(new RoundRobinAssignor(), scenario, Map.of()));
        }
    }

    @Test
    void stickyMovesAsFewAsKafkasWithEqualSubscriptions() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Scenario before = Scenario.random(new Random(seed), true);
            var owned = Assignor.STICKY.assign(before.members, before.counts);
            Scenario after = before.changed(new Random(~seed), owned);

            var ours = Assignor.STICKY.assign(after.members, after.counts);
            var theirs = kafkaSticky(after);

            assertThat(spread(ours)).as("spread, seed %d", seed).isLessThanOrEqualTo(1);
            assertThat(moves(after, ours))
                    .as("moves, seed %d", seed)
                    .isLessThanOrEqualTo(moves(after, theirs));
        }
    }

    @Test
    void stickyIsAsEvenAsKafkasWithAnySubscriptions() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Scenario before = Scenario.random(new Random(seed), false);
            var owned = Assignor.STICKY.assign(before.members, before.counts);
            Scenario after = before.changed(new Random(~seed), owned);

            var ours = Assignor.STICKY.assign(after.members, after.counts);

            requireComplete(seed, after, ours);
            assertThat(unevenness(ours))
                    .as("seed %d", seed)
                    .isLessThanOrEqualTo(unevenness(kafkaSticky(after)));
        }
    }

    @Test
    void stickyChangesNothingWhenNothingChanged() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Scenario scenario = Scenario.random(new Random(seed), false);
            var owned = Assignor.STICKY.assign(scenario.members, scenario.counts);

            var again = Assignor.STICKY.assign(scenario.owning(owned).members, scenario.counts);

            assertThat(again).as("seed %d", seed).isEqualTo(owned);
        }
    }

    private static void requireComplete(
            int seed, Scenario scenario, Map<String, SortedSet<TopicPartition>> target) {
        Set<TopicPartition> all = new HashSet<>();
        for (Subscriber member : scenario.members) {
            for (TopicPartition partition : target.get(member.memberId())) {
                assertThat(member.topics()).as("seed %d", seed).contains(partition.topic());
                assertThat(all.add(partition)).as("seed %d: once", seed).isTrue();
            }
        }
        int expected =
                scenario.counts.entrySet().stream()
                        .filter(
                                topic ->
                                        scenario.members.stream()
                                                .anyMatch(m -> m.topics().contains(topic.getKey())))
                        .mapToInt(Map.Entry::getValue)
                        .sum();
        assertThat(all).as("seed %d: all", seed).hasSize(expected);
    }

    /** Kafka withholds what has to be revoked first: asked again, it hands that out too. */
    private static SortedMap<String, SortedSet<TopicPartition>> kafkaSticky(Scenario scenario) {
        Map<String, Collection<TopicPartition>> owned = new HashMap<>();
        scenario.members.forEach(member -> owned.put(member.memberId(), member.owned()));
        var first = kafka(new CooperativeStickyAssignor(), scenario, owned);
        return kafka(new CooperativeStickyAssignor(), scenario, new HashMap<>(first));
    }

    private static SortedMap<String, SortedSet<TopicPartition>> kafka(
            AbstractPartitionAssignor assignor,
            Scenario scenario,
            Map<String, ? extends Collection<TopicPartition>> owned) {
        Map<String, List<PartitionInfo>> topics = new HashMap<>();
        scenario.counts.forEach((topic, count) -> topics.put(topic, infos(topic, count)));
        Map<String, Subscription> subscriptions = new HashMap<>();
        for (Subscriber member : scenario.members) {
            subscriptions.put(
                    member.memberId(), subscription(member, owned.get(member.memberId())));
        }
        SortedMap<String, SortedSet<TopicPartition>> target = new TreeMap<>();
        assignor.assignPartitions(topics, subscriptions)
                .forEach(
                        (member, partitions) -> {
                            SortedSet<TopicPartition> own = new TreeSet<>();
                            partitions.forEach(
                                    p -> own.add(new TopicPartition(p.topic(), p.partition())));
                            target.put(member, own);
                        });
        return target;
    }

    private static Subscription subscription(Subscriber member, Collection<TopicPartition> owned) {
        List<org.apache.kafka.common.TopicPartition> partitions = new ArrayList<>();
        if (owned != null) {
            owned.forEach(
                    p ->
                            partitions.add(
                                    new org.apache.kafka.common.TopicPartition(
                                            p.topic(), p.partition())));
        }
        Subscription subscription =
                new Subscription(
                        List.copyOf(member.topics()), null, partitions, 1, Optional.empty());
        subscription.setGroupInstanceId(Optional.ofNullable(member.instanceId()));
        return subscription;
    }

    private static List<PartitionInfo> infos(String topic, int count) {
        List<PartitionInfo> infos = new ArrayList<>();
        for (int partition = 0; partition < count; partition++) {
            infos.add(new PartitionInfo(topic, partition, null, null, null));
        }
        return infos;
    }

    private static int spread(Map<String, SortedSet<TopicPartition>> target) {
        return target.values().stream().mapToInt(Set::size).max().orElse(0)
                - target.values().stream().mapToInt(Set::size).min().orElse(0);
    }

    private static long unevenness(Map<String, SortedSet<TopicPartition>> target) {
        return target.values().stream().mapToLong(own -> (long) own.size() * own.size()).sum();
    }

    /** Partitions that somebody had and somebody else gets. */
    private static int moves(Scenario scenario, Map<String, SortedSet<TopicPartition>> target) {
        int moves = 0;
        for (Subscriber member : scenario.members) {
            for (TopicPartition partition : member.owned()) {
                boolean exists = partition.partition() < scenario.counts.get(partition.topic());
                if (exists && !target.get(member.memberId()).contains(partition)) {
                    moves++;
                }
            }
        }
        return moves;
    }

    /** A group and its topics. */
    private record Scenario(List<Subscriber> members, Map<String, Integer> counts) {

        static Scenario random(Random random, boolean equalSubscriptions) {
            Map<String, Integer> counts = new TreeMap<>();
            int topics = 1 + random.nextInt(5);
            for (int i = 0; i < topics; i++) {
                counts.put("t" + i, 1 + random.nextInt(12));
            }
            List<Subscriber> members = new ArrayList<>();
            int size = 1 + random.nextInt(9);
            for (int i = 0; i < size; i++) {
                members.add(newcomer(random, i, equalSubscriptions, counts.keySet()));
            }
            return new Scenario(members, counts);
        }

        private static Subscriber newcomer(
                Random random, int number, boolean all, Set<String> topics) {
            Set<String> some = new HashSet<>(topics);
            if (!all) {
                some.removeIf(topic -> random.nextBoolean());
                if (some.isEmpty()) {
                    some.add(topics.iterator().next());
                }
            }
            String instance = random.nextInt(3) == 0 ? "i" + (100 - number) : null;
            return new Subscriber("m" + number, instance, some, Set.of());
        }

        Scenario owning(Map<String, SortedSet<TopicPartition>> owned) {
            List<Subscriber> same = new ArrayList<>();
            for (Subscriber member : members) {
                same.add(
                        new Subscriber(
                                member.memberId(),
                                member.instanceId(),
                                member.topics(),
                                owned.get(member.memberId())));
            }
            return new Scenario(same, counts);
        }

        /** One or two members leave or come, or a topic grows. */
        Scenario changed(Random random, Map<String, SortedSet<TopicPartition>> owned) {
            List<Subscriber> some = new ArrayList<>(owning(owned).members);
            Map<String, Integer> more = new TreeMap<>(counts);
            boolean all = some.stream().allMatch(m -> m.topics().equals(counts.keySet()));
            int changes = 1 + random.nextInt(2);
            for (int i = 0; i < changes; i++) {
                int kind = random.nextInt(3);
                if (kind == 0 && some.size() > 1) {
                    some.remove(random.nextInt(some.size()));
                } else if (kind == 1) {
                    some.add(newcomer(random, 20 + i, all, counts.keySet()));
                } else {
                    more.computeIfPresent("t0", (topic, count) -> count + 4);
                }
            }
            return new Scenario(some, more);
        }
    }
}
