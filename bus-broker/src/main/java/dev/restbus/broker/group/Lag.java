package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.replication.PartitionLeader;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * How far a group is behind.
 *
 * @param records that can be read and are not committed; where nothing is committed yet, all
 * @param seconds the age of the oldest of them by its timestamp, 0 where there is none
 */
record Lag(long records, double seconds) {

    /** The lag of a group over what it committed in and what it subscribes to. */
    static Lag of(
            GroupView view,
            Map<OffsetKey, OffsetEntry> entries,
            GroupServices services,
            Offsets offsets) {
        Map<PartitionLeader, Long> places = new HashMap<>();
        TreeSet<String> topics = new TreeSet<>();
        view.members().forEach(member -> topics.addAll(member.topics()));
        for (String name : topics) {
            TopicMetadata topic = services.partitions().topic(name);
            for (int p = 0; topic != null && p < topic.partitionCount(); p++) {
                PartitionLeader leader = services.partitions().leader(topic, p);
                places.put(leader, leader.logStart());
            }
        }
        entries.forEach(
                (key, entry) -> {
                    PartitionLeader leader = offsets.leader(key, entry.topic());
                    if (leader != null && entry.committed() != null) {
                        places.put(leader, Math.max(entry.nextOffset(0), leader.logStart()));
                    }
                });
        return of(places, services.clock().nowMs());
    }

    private static Lag of(Map<PartitionLeader, Long> places, long nowMs) {
        long records = 0;
        long oldestMs = nowMs;
        for (Map.Entry<PartitionLeader, Long> place : places.entrySet()) {
            long behind = place.getKey().highWatermark().offset() - place.getValue();
            if (behind > 0) {
                records += behind;
                oldestMs = Math.min(oldestMs, timestampMs(place.getKey(), place.getValue(), nowMs));
            }
        }
        return new Lag(records, (nowMs - oldestMs) / 1000.0);
    }

    /**
     * The lag is what people look at when something is wrong: a damaged record must not hide it.
     */
    private static long timestampMs(PartitionLeader leader, long offset, long otherwise) {
        try {
            FoundRecord first = FoundRecord.firstFrom(leader, offset);
            return first == null ? otherwise : first.record().timestampMs();
        } catch (BusException | MalformedBatchException e) {
            return otherwise;
        }
    }
}
