package dev.restbus.broker.publish;

/**
 * An idempotency key, as it is remembered, and what tells its request from another. Immutable.
 *
 * @param id below -1: 62 bits of a hash of who asks and the key; the topic's logs are its scope
 * @param requestHash 0 or more, of all that decides what the request means
 * @param unkeyedFrom 0 or more: where records without a key begin to go round the partitions
 */
public record RequestKey(long id, int requestHash, int unkeyedFrom) {}
