package dev.restbus.broker.fetch;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.log.PartitionLog.LogSlice;
import dev.restbus.broker.replication.HighWatermark;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes on reading one partition of a topic, or all of them in turn, as far as they are forced, then
 * waits for more without a thread. A tail over all partitions takes up those that are added. Used
 * by one thread at a time.
 */
public final class Tail implements AutoCloseable {

    private final Partitions partitions;
    private final TopicMetadata topic;
    private final boolean whole;
    private final List<Place> places = new ArrayList<>();
    private int turn;
    private volatile @Nullable BusException failure;

    /** Where the tail stands in one partition. */
    private static final class Place {
        final int partition;
        long nextOffset;
        HighWatermark.@Nullable Waiter waiter;

        /** The offset that its waiter, present or past, waits for. */
        long awaited = -1;

        Place(int partition, long nextOffset) {
            this.partition = partition;
            this.nextOffset = nextOffset;
        }
    }

    /**
     * What one read found.
     *
     * @param batches whole batches; the first may begin before {@code offset}
     */
    public record Found(int partition, long offset, LogSlice batches) {

        /**
         * Walks the records from {@code offset} on.
         *
         * @return the next offset to read
         * @throws BusException 500 {@code corrupt-record}
         */
        public long walk(RecordTaker taker) {
            RecordReader record = new RecordReader();
            byte[] bytes = batches.bytes();
            try {
                for (int at = 0; at < batches.length(); at += RecordBatch.sizeBytes(bytes, at)) {
                    boolean json = RecordBatch.hasJsonValues(bytes, at);
                    record.over(bytes, at);
                    while (record.next()) {
                        if (record.offset() >= offset && !taker.take(record, json)) {
                            return record.offset();
                        }
                    }
                }
            } catch (RecordReader.MalformedBatchException e) {
                throw ProblemCode.CORRUPT_RECORD.exception(
                        "partition " + partition + " from " + offset + ": " + e.getMessage());
            }
            return end();
        }

        private long end() {
            long end = offset;
            for (int at = 0; at < batches.length(); ) {
                end = RecordBatch.nextOffset(batches.bytes(), at);
                at += RecordBatch.sizeBytes(batches.bytes(), at);
            }
            return end;
        }
    }

    /** Is given one record after the other. */
    @FunctionalInterface
    public interface RecordTaker {
        /**
         * Takes the record the reader stands on, or leaves it and ends the walk.
         *
         * @param jsonBatch the batch's {@link RecordBatch#JSON_VALUES}
         */
        boolean take(RecordReader record, boolean jsonBatch);
    }

    /** Is told each partition and the next offset to read of it. */
    @FunctionalInterface
    public interface PositionVisitor {
        void position(int partition, long nextOffset);
    }

    private Tail(Partitions partitions, TopicMetadata topic, boolean whole) {
        this.partitions = partitions;
        this.topic = topic;
        this.whole = whole;
    }

    /** Reads all partitions, each from where {@link #startAt} says, else from its start. */
    public static Tail ofAll(Partitions partitions, TopicMetadata topic) {
        Tail tail = new Tail(partitions, topic, true);
        tail.addPartitions(topic);
        return tail;
    }

    /** Reads one partition. */
    public static Tail ofOne(Partitions partitions, TopicMetadata topic, int partition) {
        Tail tail = new Tail(partitions, topic, false);
        tail.places.add(new Place(partition, partitions.leader(topic, partition).logStart()));
        return tail;
    }

    /** Of which topic. */
    public TopicMetadata topic() {
        return topic;
    }

    /**
     * Begins a partition elsewhere.
     *
     * @throws BusException 404 {@code unknown-partition} if the tail does not read it, 416 {@code
     *     offset-out-of-range}
     */
    public void startAt(int partition, long offset) {
        PartitionLeader leader = partitions.leader(topic, partition);
        if (offset < leader.logStart() || offset > leader.logEnd()) {
            throw leader.outOfRange(offset);
        }
        place(partition).nextOffset = offset;
    }

    /** The partitions it reads, in order, each with the next offset to read. */
    public void positions(PositionVisitor visitor) {
        for (Place place : places) {
            visitor.position(place.partition, place.nextOffset);
        }
    }

    /** The partition that is looked at first; any number will do. */
    public void beginWith(int partition) {
        turn = Math.floorMod(partition, places.size());
    }

    /** See {@link #beginWith}. */
    public int turn() {
        return turn;
    }

    /**
     * Reads the next partition that has something.
     *
     * @param maxBytes how many bytes of batches; one batch comes however large it is
     * @return null where no partition has anything now
     * @throws BusException 416 where the log's start has moved past the tail, 404 {@code
     *     unknown-topic} once the topic is deleted, 500 {@code corrupt-record}, 503
     */
    public @Nullable Found next(int maxBytes) {
        addPartitions(partitions.requireTopic(topic.name()));
        for (int i = 0; i < places.size(); i++) {
            Place place = places.get(turn);
            PartitionLeader leader = partitions.leader(topic, place.partition);
            LogSlice batches = read(leader, place, maxBytes);
            turn = (turn + 1) % places.size();
            if (batches.length() > 0) {
                return new Found(place.partition, place.nextOffset, batches);
            }
        }
        BusException reason = failure;
        if (reason != null) {
            throw reason;
        }
        return null;
    }

    /** Says what was taken of what {@link #next} found. */
    public void advance(int partition, long nextOffset) {
        place(partition).nextOffset = nextOffset;
    }

    /**
     * Has {@code more} run once there is something to read, or will never be.
     *
     * @param more short, and safe to run on any thread, on this one at once, and more than once
     */
    public void await(Runnable more) {
        for (Place place : places) {
            if (place.awaited != place.nextOffset) {
                cancel(place);
                place.awaited = place.nextOffset;
                place.waiter =
                        partitions
                                .leader(topic, place.partition)
                                .highWatermark()
                                .await(
                                        place.nextOffset + 1,
                                        HighWatermark.NO_DEADLINE,
                                        reason -> wake(reason, more));
            }
        }
    }

    /** Waits no longer. */
    @Override
    public void close() {
        places.forEach(Tail::cancel);
    }

    private void wake(@Nullable BusException reason, Runnable more) {
        if (reason != null) {
            failure = reason;
        }
        more.run();
    }

    private static void cancel(Place place) {
        HighWatermark.Waiter waiter = place.waiter;
        if (waiter != null) {
            waiter.cancel();
            place.waiter = null;
        }
    }

    private LogSlice read(PartitionLeader leader, Place place, int maxBytes) {
        try {
            return leader.read(place.nextOffset, maxBytes);
        } catch (RuntimeException e) {
            // A log that was closed under the read says less than why it was closed.
            partitions.leader(topic, place.partition);
            throw e;
        }
    }

    private void addPartitions(TopicMetadata now) {
        if (whole) {
            for (int p = places.size(); p < now.partitionCount(); p++) {
                places.add(new Place(p, partitions.leader(topic, p).logStart()));
            }
        }
    }

    private Place place(int partition) {
        if (whole && partition >= 0 && partition < places.size()) {
            return places.get(partition);
        }
        for (Place place : places) {
            if (place.partition == partition) {
                return place;
            }
        }
        throw ProblemCode.UNKNOWN_PARTITION.exception(
                "partition " + partition + " of " + topic.name() + " is not read here");
    }
}
