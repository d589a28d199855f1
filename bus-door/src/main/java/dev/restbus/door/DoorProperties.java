package dev.restbus.door;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The limits of the door.
 *
 * @param node the name in {@code Bus-Served-By}; empty for no such header
 * @param maxBodyBytes the largest request body
 * @param headerTimeoutMs how long a request line and its headers may take in all
 * @param bodyTimeoutMs how long a body may take, and a large answer; one that keeps {@code
 *     minBodyBytesPerSecond} may take longer
 * @param minBodyBytesPerSecond see there
 * @param lingerMs how long the rest of a refused body is thrown away, so that the caller can read
 *     the refusal, before the connection is closed
 * @param stopGraceMs how long calls that wait for their answer may go on waiting when the node
 *     stops
 * @param maxParked how many exchanges of hot routes may wait for their answer at a time
 * @param maxStreams how many answers may be streamed at a time
 * @param streamStallMs how long the caller of a stream may take nothing before it is cut; not
 *     shorter than a slow reader's kernel needs to ask for more, which is minutes
 * @param maxBodyMemoryBytes of all bodies that have not come whole, and all pieces of streams that
 *     have not left; 0 for a quarter of the heap
 * @param maxConnections 0 for the limit of open files less 1,024, at most 120,000
 * @param maxThreads threads that serve requests; 0 for four a processor, at least eight
 */
@ConfigurationProperties("bus.door")
record DoorProperties(
        @DefaultValue("") String node,
        @DefaultValue("8388608") int maxBodyBytes,
        @DefaultValue("10000") int headerTimeoutMs,
        @DefaultValue("30000") int bodyTimeoutMs,
        @DefaultValue("1024") int minBodyBytesPerSecond,
        @DefaultValue("1000") int lingerMs,
        @DefaultValue("1000") int stopGraceMs,
        @DefaultValue("20000") int maxParked,
        @DefaultValue("1000") int maxStreams,
        @DefaultValue("300000") int streamStallMs,
        @DefaultValue("0") long maxBodyMemoryBytes,
        @DefaultValue("0") int maxConnections,
        @DefaultValue("0") int maxThreads) {

    long bodyMemoryBytes() {
        return maxBodyMemoryBytes > 0 ? maxBodyMemoryBytes : Runtime.getRuntime().maxMemory() / 4;
    }
}
