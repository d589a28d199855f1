package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The log of one partition: record batches (Kafka format v2) at strictly increasing offsets, the
 * first 0. It has two ends: {@link #logEnd()} behind what is written and {@link #durableEnd()}
 * behind what is forced; {@code logStart <= durableEnd <= logEnd} always.
 *
 * <p>One thread at a time appends; one thread forces; any thread reads and asks for the ends.
 *
 * <p>A damaged batch is never served: reading it fails with 500 {@code corrupt-record}.
 */
public interface PartitionLog extends AutoCloseable {

    /** A start reads so much again in less time than a close takes to save it. */
    long SOON_READ_BYTES = 1 << 20;

    /** The lowest offset that can be read. */
    long logStart();

    /** The offset of the next record to be written. */
    long logEnd();

    /** Every record below is forced to disk. */
    long durableEnd();

    /** Bytes of all segments. */
    long sizeBytes();

    /** Bytes written and not yet forced. */
    long unforcedBytes();

    /**
     * Places the batches behind each other at the log end and writes them with one write.
     *
     * @param batches each one whole, finished batch; base offset and leader epoch are set in place
     * @param leaderEpoch not lower than any used before; a new one is durable in the epoch file
     *     before the first batch of it is written
     * @return the offset of the first record
     * @throws dev.restbus.api.BusException 507 {@code disk-full}: nothing of it is in the log; 503
     *     {@code replica-fenced}: this log stopped after a disk error and takes no more; 413 {@code
     *     record-too-large}
     */
    long append(List<Slice> batches, int leaderEpoch);

    /**
     * Reads whole batches, checked (CRC, base offset and epoch against their neighbours).
     *
     * @param offset from {@code logStart} to {@code endOffset}; the first batch holds it and may
     *     begin before it
     * @param maxBytes how much to read; one batch is read however large it is
     * @param endOffset a batch boundary, not beyond {@code logEnd}; nothing behind it is read
     * @return empty where {@code offset == endOffset}
     * @throws dev.restbus.api.BusException 416 {@code offset-out-of-range} outside {@code logStart}
     *     to {@code endOffset}; 500 {@code corrupt-record} where the batch that holds {@code
     *     offset} is damaged (a damaged batch behind it ends the read before it)
     */
    LogSlice read(long offset, int maxBytes, long endOffset);

    /**
     * Finds a record by its timestamp, with the time index and a short read.
     *
     * @param timestampMs epoch milliseconds
     * @param endOffset a batch boundary, not beyond {@code logEnd}; nothing behind it is looked at
     * @return the offset of the first record whose timestamp is at or after it; {@code endOffset}
     *     if there is none
     * @throws dev.restbus.api.BusException 500 {@code corrupt-record} where damage is in the way
     */
    long firstAt(long timestampMs, long endOffset);

    /**
     * Forces all that was written before the call and moves {@link #durableEnd()} there.
     *
     * @return the durable end
     * @throws dev.restbus.api.BusException 503 {@code replica-fenced}: the force failed, now or
     *     before
     */
    long force();

    /**
     * Moves {@link #logStart()} up to an offset, durably, and deletes the segments that lie wholly
     * below it, never the active one. A lower offset changes nothing.
     *
     * @param offset not beyond {@code durableEnd}
     * @return where the log starts now
     * @throws dev.restbus.api.BusException 507 {@code disk-full}: nothing has changed; 503 {@code
     *     replica-fenced}, {@code shutting-down}
     */
    long startAt(long offset);

    /**
     * From the next append or round on, the log is kept so; whether and how it is forced, and its
     * clock, stay as they were when it was opened.
     */
    void configure(LogSettings settings);

    /**
     * One round of upkeep: closes the active segment if it is too old, deletes what retention does
     * not keep. Bounded work; blocks on the disk.
     *
     * @param highWatermark nothing at or above it is deleted
     * @throws dev.restbus.api.BusException as {@link #startAt}
     */
    void keep(long highWatermark);

    /**
     * Compacts the log if it is to be and enough has changed: of each key the newest record stays,
     * in closed segments. Offsets stay what they are; where records were, a read goes on behind
     * them. Reads the whole log and writes much of it; one thread at a time.
     *
     * @param highWatermark nothing at or above it is touched
     * @param stop asked all along; once true, the log is left as it is
     * @return whether there was something to do
     * @throws dev.restbus.api.BusException 503 {@code replica-fenced}, {@code shutting-down}
     */
    boolean clean(long highWatermark, BooleanSupplier stop);

    /**
     * The snapshot of the producers that was saved last; null if there is none, it is damaged, or
     * the log ends before it.
     */
    @Nullable ProducerSnapshot producers();

    /**
     * Forces the log and saves a snapshot in the place of the last one. Blocks on the disk.
     *
     * @param snapshot of an offset up to {@code logEnd}
     * @throws dev.restbus.api.BusException as {@link #startAt}
     */
    void saveProducers(ProducerSnapshot snapshot);

    /** Where the active segment begins: all below is in closed segments. */
    long activeBase();

    /**
     * The milliseconds for which the log was seen open, by the monotonic clock; it goes on after a
     * restart, and after a crash it is an hour behind at most.
     */
    long clockMs();

    /** The leader epoch of the last batch, 0 for an empty log. */
    int lastEpoch();

    /** Forces, writes the recovery point and closes every file. Idempotent. */
    @Override
    void close();

    /**
     * Some whole batches in a row.
     *
     * @param bytes from index 0
     * @param length bytes of it that are batches; 0 for none
     */
    record LogSlice(byte[] bytes, int length) {
        public static final LogSlice EMPTY = new LogSlice(new byte[0], 0);
    }
}
