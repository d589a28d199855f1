package dev.restbus.coordinator.group;

import dev.restbus.api.control.TopicPartition;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Moves the members of a group towards their target without ever giving a partition to two of them.
 * Pure.
 */
final class Reconciliation {

    private Reconciliation() {}

    /**
     * Everyone keeps what it holds and should have, and begins to give up the rest; what is free
     * then is granted.
     *
     * @param goneTopic of which nobody holds anything any more, or null
     * @param target by member; a member that is not in it should have nothing
     */
    static SortedMap<String, Member> retarget(
            SortedMap<String, Member> members,
            long epoch,
            @Nullable String goneTopic,
            Map<String, SortedSet<TopicPartition>> target) {
        SortedMap<String, Member> shrunk = new TreeMap<>();
        members.forEach(
                (id, member) -> {
                    SortedSet<TopicPartition> own = target.getOrDefault(id, new TreeSet<>());
                    shrunk.put(id, shrink(member, epoch, goneTopic, own));
                });
        return grantFree(shrunk);
    }

    /** Gives every partition that nobody holds to the member whose target it is. */
    static SortedMap<String, Member> grantFree(SortedMap<String, Member> members) {
        Set<TopicPartition> held = new HashSet<>();
        for (Member member : members.values()) {
            held.addAll(member.assignment());
            held.addAll(member.revoking());
        }
        SortedMap<String, Member> granted = new TreeMap<>();
        members.forEach((id, member) -> granted.put(id, grant(member, held)));
        return granted;
    }

    /** What it lost and gets back before it confirmed was never anybody else's: it keeps it. */
    private static Member shrink(
            Member member,
            long epoch,
            @Nullable String goneTopic,
            SortedSet<TopicPartition> target) {
        SortedSet<TopicPartition> kept = new TreeSet<>(member.assignment());
        kept.addAll(member.revoking());
        kept.removeIf(partition -> partition.topic().equals(goneTopic));
        SortedSet<TopicPartition> lost = new TreeSet<>(kept);
        kept.retainAll(target);
        lost.removeAll(target);
        return member.holding(epoch, target, kept, lost);
    }

    private static Member grant(Member member, Set<TopicPartition> held) {
        SortedSet<TopicPartition> free = new TreeSet<>(member.target());
        free.removeAll(held);
        if (free.isEmpty()) {
            return member;
        }
        free.addAll(member.assignment());
        return member.holding(member.memberEpoch(), member.target(), free, member.revoking());
    }
}
