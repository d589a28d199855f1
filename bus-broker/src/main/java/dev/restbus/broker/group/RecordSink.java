package dev.restbus.broker.group;

import dev.restbus.api.batch.RecordReader;

/** Takes the records of a poll, one call each, in the order in which they are handed out. */
@FunctionalInterface
public interface RecordSink {

    /**
     * @param record stands on the record; valid during the call
     * @param jsonBatch whether the batch says that its values are JSON
     */
    void record(String topic, int partition, RecordReader record, boolean jsonBatch);
}
