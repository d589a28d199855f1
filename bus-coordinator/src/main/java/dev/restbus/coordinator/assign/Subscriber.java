package dev.restbus.coordinator.assign;

import dev.restbus.api.control.TopicPartition;
import java.util.Comparator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A member as an assignor sees it. Immutable. The order is Kafka's: static members first, by their
 * instance id, then the others by member id.
 *
 * @param owned what its present target is
 */
public record Subscriber(
        String memberId, @Nullable String instanceId, Set<String> topics, Set<TopicPartition> owned)
        implements Comparable<Subscriber> {

    private static final Comparator<Subscriber> ORDER =
            Comparator.comparing(
                            Subscriber::instanceId,
                            Comparator.nullsLast(Comparator.<String>naturalOrder()))
                    .thenComparing(Subscriber::memberId);

    public Subscriber {
        topics = Set.copyOf(topics);
        owned = Set.copyOf(owned);
    }

    @Override
    public int compareTo(Subscriber other) {
        return ORDER.compare(this, other);
    }
}
