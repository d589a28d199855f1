package dev.restbus.e2e;

import java.util.Collections;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The records that a bus confirmed: value by offset, for each partition. Thread-safe. */
final class AckedRecords {

    private final ConcurrentHashMap<Integer, ConcurrentSkipListMap<Long, String>> byPartition =
            new ConcurrentHashMap<>();

    void add(int partition, long offset, String value) {
        String before =
                byPartition
                        .computeIfAbsent(partition, any -> new ConcurrentSkipListMap<>())
                        .put(offset, value);
        if (before != null) {
            throw new AssertionError(
                    "offset %d of partition %d was confirmed for %s and for %s"
                            .formatted(offset, partition, before, value));
        }
    }

    /** What was confirmed for one partition so far, by offset. */
    SortedMap<Long, String> of(int partition) {
        SortedMap<Long, String> records = byPartition.get(partition);
        return records == null
                ? Collections.emptySortedMap()
                : Collections.unmodifiableSortedMap(records);
    }
}
