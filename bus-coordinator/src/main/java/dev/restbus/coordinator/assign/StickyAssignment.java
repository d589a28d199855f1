package dev.restbus.coordinator.assign;

import dev.restbus.api.control.TopicPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everyone keeps what is still valid, the rest goes to the least loaded, and then partitions move
 * along shortest paths from a member to one that has at least two less, until there is no such
 * path. That is an optimal semi-matching (Harvey, Ladner, Lovász, Tamir: Semi-matchings for
 * bipartite graphs and load balancing, 2006): no assignment is more even, and with equal
 * subscriptions none moves less. Not thread-safe; one use.
 */
final class StickyAssignment {

    private static final int NOBODY = -1;
    private static final int[] NOBODY_ELSE = {};

    private final List<Subscriber> members;
    private final SortedMap<String, Integer> partitionCounts;

    /** By topic, the indexes of its subscribers in {@link #members}. */
    private final Map<String, int[]> subscribers = new HashMap<>();

    /** By member, what it has: partition numbers by topic, no empty sets. */
    private final List<SortedMap<String, TreeSet<Integer>>> held = new ArrayList<>();

    /** By member, the size of what it has. */
    private final int[] load;

    private StickyAssignment(List<Subscriber> members, SortedMap<String, Integer> counts) {
        this.members = members;
        this.partitionCounts = counts;
        this.load = new int[members.size()];
        members.forEach(member -> held.add(new TreeMap<>()));
        counts.keySet().forEach(topic -> subscribers.put(topic, subscribersOf(topic)));
    }

    static void assign(
            List<Subscriber> sorted,
            SortedMap<String, Integer> partitionCounts,
            Map<String, SortedSet<TopicPartition>> target) {
        StickyAssignment assignment = new StickyAssignment(sorted, partitionCounts);
        assignment.giveRest(assignment.keepOwned());
        while (assignment.moveOne()) {
            // each move makes the loads more even, so this ends
        }
        assignment.writeTo(target);
    }

    private int[] subscribersOf(String topic) {
        int[] found = new int[members.size()];
        int count = 0;
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).topics().contains(topic)) {
                found[count++] = i;
            }
        }
        return Arrays.copyOf(found, count);
    }

    private Set<TopicPartition> keepOwned() {
        Set<TopicPartition> kept = new HashSet<>();
        for (int i = 0; i < members.size(); i++) {
            for (TopicPartition owned : new TreeSet<>(members.get(i).owned())) {
                Integer count = partitionCounts.get(owned.topic());
                boolean valid =
                        count != null
                                && owned.partition() < count
                                && members.get(i).topics().contains(owned.topic());
                if (valid && kept.add(owned)) {
                    give(i, owned.topic(), owned.partition());
                }
            }
        }
        return kept;
    }

    /** Topics with few subscribers go first, while there is room with them. */
    private void giveRest(Set<TopicPartition> kept) {
        List<String> topics = new ArrayList<>(partitionCounts.keySet());
        topics.sort(Comparator.comparingInt(topic -> subscribers.get(topic).length));
        for (String topic : topics) {
            for (int partition = 0; partition < partitionCounts.get(topic); partition++) {
                if (!kept.contains(new TopicPartition(topic, partition))) {
                    give(leastLoaded(subscribers.get(topic)), topic, partition);
                }
            }
        }
    }

    private int leastLoaded(int[] candidates) {
        int least = candidates[0];
        for (int candidate : candidates) {
            if (load[candidate] < load[least]) {
                least = candidate;
            }
        }
        return least;
    }

    /** Moves partitions along one path that evens the loads; false if there is none. */
    private boolean moveOne() {
        int lightest = Arrays.stream(load).min().orElse(0);
        List<Integer> heaviestFirst = new ArrayList<>();
        for (int i = 0; i < load.length; i++) {
            if (load[i] >= lightest + 2) {
                heaviestFirst.add(i);
            }
        }
        heaviestFirst.sort(Comparator.comparingInt(member -> -load[member]));
        for (int start : heaviestFirst) {
            if (moveFrom(start)) {
                return true;
            }
        }
        return false;
    }

    /** Searches breadth first, so that as few partitions as possible move. */
    private boolean moveFrom(int start) {
        int[] parent = new int[members.size()];
        String[] via = new String[members.size()];
        Arrays.fill(parent, NOBODY);
        parent[start] = start;
        Set<String> reached = new HashSet<>();
        Deque<Integer> level = new ArrayDeque<>(List.of(start));
        while (!level.isEmpty()) {
            Deque<Integer> next = new ArrayDeque<>();
            for (int member : level) {
                reach(member, reached, parent, via, next);
            }
            int end = next.stream().min(Comparator.comparingInt(i -> load[i])).orElse(start);
            if (load[end] <= load[start] - 2) {
                shift(end, parent, via);
                return true;
            }
            level = next;
        }
        return false;
    }

    /**
     * Goes on to whom the member can give something.
     *
     * @param reached topics whose subscribers are all found already
     */
    private void reach(
            int member, Set<String> reached, int[] parent, String[] via, Deque<Integer> next) {
        for (String topic : held.get(member).keySet()) {
            for (int other : reached.add(topic) ? subscribers.get(topic) : NOBODY_ELSE) {
                if (parent[other] == NOBODY) {
                    parent[other] = member;
                    via[other] = topic;
                    next.add(other);
                }
            }
        }
    }

    private void shift(int end, int[] parent, String[] via) {
        for (int to = end; parent[to] != to; to = parent[to]) {
            int from = parent[to];
            int partition = pick(from, via[to]);
            take(from, via[to], partition);
            give(to, via[to], partition);
        }
    }

    /** Rather one that the member did not have before; the last of these. */
    private int pick(int member, String topic) {
        TreeSet<Integer> partitions = held.get(member).get(topic);
        for (int partition : partitions.descendingSet()) {
            if (!members.get(member).owned().contains(new TopicPartition(topic, partition))) {
                return partition;
            }
        }
        return partitions.last();
    }

    private void give(int member, String topic, int partition) {
        held.get(member).computeIfAbsent(topic, name -> new TreeSet<>()).add(partition);
        load[member]++;
    }

    private void take(int member, String topic, int partition) {
        TreeSet<Integer> partitions = held.get(member).get(topic);
        partitions.remove(partition);
        if (partitions.isEmpty()) {
            held.get(member).remove(topic);
        }
        load[member]--;
    }

    private void writeTo(Map<String, SortedSet<TopicPartition>> target) {
        for (int i = 0; i < members.size(); i++) {
            SortedSet<TopicPartition> own = target.get(members.get(i).memberId());
            held.get(i)
                    .forEach(
                            (topic, partitions) ->
                                    partitions.forEach(p -> own.add(new TopicPartition(topic, p))));
        }
    }
}
