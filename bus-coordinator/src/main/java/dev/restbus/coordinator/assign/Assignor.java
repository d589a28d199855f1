package dev.restbus.coordinator.assign;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Says who should read which partition: a pure, deterministic function of the subscriptions, the
 * partition counts and, for the sticky ones, of what everyone has now. Each partition of a topic
 * that somebody subscribes to goes to exactly one of its subscribers.
 */
public enum Assignor {
    /** A run of consecutive partitions of each topic to each subscriber (Kafka's range). */
    RANGE("range", RangeAssignment::assign),
    /** All partitions dealt in order (Kafka's round-robin). */
    ROUND_ROBIN("round-robin", RoundRobinAssignment::assign),
    /** As even as the subscriptions allow, with few moves. */
    STICKY("sticky", StickyAssignment::assign),
    /**
     * The target of {@link #STICKY}. The group withholds a partition from its new owner until the
     * old one confirmed the loss, under every assignor.
     */
    COOPERATIVE_STICKY("cooperative-sticky", StickyAssignment::assign);

    private final String wireName;
    private final Rule rule;

    Assignor(String wireName, Rule rule) {
        this.wireName = wireName;
        this.rule = rule;
    }

    /** The name in requests and in the journal. */
    public String wireName() {
        return wireName;
    }

    /**
     * The assignor of this name.
     *
     * @throws dev.restbus.api.BusException 422 {@code invalid-value}
     */
    public static Assignor named(String name) {
        for (Assignor assignor : values()) {
            if (assignor.wireName.equals(name)) {
                return assignor;
            }
        }
        throw ProblemCode.INVALID_VALUE.exceptionAt(
                "assignor",
                "an assignor is one of "
                        + Arrays.stream(values())
                                .map(Assignor::wireName)
                                .collect(Collectors.joining(", "))
                        + ", not '"
                        + name
                        + "'");
    }

    /**
     * The target of every subscriber, by member id; empty for one that gets nothing.
     *
     * @param partitionCounts of every topic there is; a topic not in it has no partitions yet
     */
    public SortedMap<String, SortedSet<TopicPartition>> assign(
            Collection<Subscriber> subscribers, Map<String, Integer> partitionCounts) {
        List<Subscriber> sorted = new ArrayList<>(subscribers);
        Collections.sort(sorted);
        SortedMap<String, SortedSet<TopicPartition>> target = new TreeMap<>();
        sorted.forEach(subscriber -> target.put(subscriber.memberId(), new TreeSet<>()));
        rule.assign(sorted, subscribed(sorted, partitionCounts), target);
        return target;
    }

    private static SortedMap<String, Integer> subscribed(
            List<Subscriber> subscribers, Map<String, Integer> partitionCounts) {
        SortedMap<String, Integer> counts = new TreeMap<>();
        for (Subscriber subscriber : subscribers) {
            for (String topic : subscriber.topics()) {
                Integer count = partitionCounts.get(topic);
                if (count != null) {
                    counts.put(topic, count);
                }
            }
        }
        return counts;
    }

    /** Fills in the target; every subscriber has an empty entry in it. */
    private interface Rule {
        void assign(
                List<Subscriber> sorted,
                SortedMap<String, Integer> partitionCounts,
                Map<String, SortedSet<TopicPartition>> target);
    }
}
