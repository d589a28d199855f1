package dev.restbus.client;

/**
 * Where a sent record is.
 *
 * @param offset its number in the partition; -1 where {@code acks=0} gave none
 */
public record SentRecord(String topic, int partition, long offset) {

    /** {@code <partition>-<offset>}, how the API names a record. */
    public String id() {
        return partition + "-" + offset;
    }
}
