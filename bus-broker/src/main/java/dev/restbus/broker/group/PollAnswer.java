package dev.restbus.broker.group;

import dev.restbus.api.control.TopicPartition;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a poll answers, but for the records, which went to its {@link RecordSink}.
 *
 * @param batch names the records for {@code ack}; null where there are none
 * @param rebalancing whether the assignment is still on its way to what it should be
 * @param superseded a newer poll of the same member ended this one
 * @param held partitions that wait out the backoff of a failing record
 * @param onWritten to be told once whether the whole answer left
 */
public record PollAnswer(
        @Nullable String batch,
        long memberEpoch,
        List<TopicPartition> assignment,
        boolean rebalancing,
        boolean superseded,
        List<Held> held,
        Consumer<Boolean> onWritten) {

    /**
     * A partition of which nothing is handed out for now.
     *
     * @param untilMs wall clock, epoch milliseconds
     */
    public record Held(TopicPartition partition, long untilMs) {}
}
