package dev.restbus.client;

import dev.restbus.api.control.TopicPartition;
import java.util.List;

/** What one poll handed out; empty at the end of its wait. Used by the consumer's thread. */
public final class Batch {

    private final BusConsumer consumer;
    private final String id;
    private final List<BusRecord> records;
    private final List<TopicPartition> assignment;
    private final long memberEpoch;
    private final boolean rebalancing;

    Batch(BusConsumer consumer, AnswerReader answer) {
        this.consumer = consumer;
        this.id = answer.batch == null ? "" : answer.batch;
        this.records = List.copyOf(answer.records);
        this.assignment = List.copyOf(answer.assignment);
        this.memberEpoch = answer.memberEpoch;
        this.rebalancing = answer.rebalancing;
    }

    /** In order within each partition. */
    public List<BusRecord> records() {
        return records;
    }

    public boolean isEmpty() {
        return records.isEmpty();
    }

    /** What the member holds now. */
    public List<TopicPartition> assignment() {
        return assignment;
    }

    public long memberEpoch() {
        return memberEpoch;
    }

    public boolean rebalancing() {
        return rebalancing;
    }

    /**
     * All of it is done: the next poll, or the close, commits just this batch. Without it nothing
     * is committed, and the next poll reads on all the same.
     */
    public void ack() {
        if (!id.isEmpty() && !records.isEmpty()) {
            consumer.ackWithNextCall(id);
        }
    }
}
