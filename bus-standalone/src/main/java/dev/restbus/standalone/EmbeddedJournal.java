package dev.restbus.standalone;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.FileLog;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * The coordinator's journal as a log of the file engine: an event is a record, and event n has
 * offset n - 1. A batch holds the events of one append, so that they are kept or lost together. The
 * data folder's lock admits one process, so nobody else can write. Not thread-safe, as {@link
 * Journal}.
 */
final class EmbeddedJournal implements Journal {

    /** One command may move every group of a large cluster. */
    private static final int MAX_APPEND_BYTES = 64 << 20;

    /** The journal's log has no topic; its id says so. */
    private static final LogId ID = new LogId("__metadata", new UUID(0, 0), 0);

    private static final int READ_BYTES = 1 << 20;
    private static final int LEADER_EPOCH = 1;
    private static final RecordHeaders NO_HEADERS = new RecordHeaders();

    private final PartitionLog log;
    private final BatchBuilder batch = new BatchBuilder(4 << 10);

    private EmbeddedJournal(PartitionLog log) {
        this.log = log;
    }

    /**
     * Opens the journal in a folder of its own, or creates it.
     *
     * @throws java.io.UncheckedIOException if the disk fails
     */
    static EmbeddedJournal open(Disk disk, Path folder) {
        return new EmbeddedJournal(
                FileLog.open(
                        disk, folder, ID, LogSettings.DEFAULT.withMaxBatchBytes(MAX_APPEND_BYTES)));
    }

    @Override
    public void replay(long afterVersion, Reader reader) throws IOException {
        RecordReader record = new RecordReader();
        long next = afterVersion;
        while (next < log.logEnd()) {
            PartitionLog.LogSlice slice = read(next);
            int at = 0;
            while (at < slice.length()) {
                record.over(slice.bytes(), at);
                while (record.next()) {
                    Slice event = record.value();
                    if (record.offset() >= next && event != null) {
                        reader.event(record.offset() + 1, event.copy());
                        next = record.offset() + 1;
                    }
                }
                at += RecordBatch.sizeBytes(slice.bytes(), at);
            }
        }
    }

    @Override
    public long append(long expectedVersion, List<byte[]> events) throws IOException {
        if (log.logEnd() != expectedVersion) {
            throw new JournalException(
                    JournalException.Kind.CONFLICT,
                    "the journal is at " + log.logEnd() + ", not at " + expectedVersion);
        }
        long nowMs = System.currentTimeMillis();
        batch.begin();
        for (byte[] event : events) {
            batch.append(nowMs, null, Slice.of(event), NO_HEADERS);
        }
        int sizeBytes = batch.finish(RecordBatch.JSON_VALUES);
        try {
            log.append(List.of(new Slice(batch.bytes(), 0, sizeBytes)), LEADER_EPOCH);
            return log.force();
        } catch (BusException e) {
            throw new IOException("the embedded journal cannot be written", e);
        }
    }

    @Override
    public void close() {
        log.close();
    }

    private PartitionLog.LogSlice read(long offset) throws IOException {
        try {
            return log.read(offset, READ_BYTES, log.logEnd());
        } catch (BusException e) {
            throw new IOException("the embedded journal cannot be read at " + offset, e);
        }
    }
}
