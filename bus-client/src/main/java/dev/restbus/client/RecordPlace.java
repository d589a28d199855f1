package dev.restbus.client;

/** Where a record stands, and its time in epoch milliseconds. */
record RecordPlace(String topic, int partition, long offset, long timestamp) {}
