package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** Builds batches, reads logs back and damages files, for the tests of this package. */
final class LogFixture {

    static final LogId ID = new LogId("orders", new UUID(7, 9), 0);

    private LogFixture() {}

    /** A batch of one record a value. */
    static Slice batch(String... values) {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        for (int i = 0; i < values.length; i++) {
            builder.append(1_000 + i, null, Slice.utf8(values[i]), new RecordHeaders());
        }
        int size = builder.finish(0);
        return Slice.of(Arrays.copyOf(builder.bytes(), size));
    }

    /** A batch of one record a timestamp. */
    static Slice batchAt(long... timestampsMs) {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        for (long timestampMs : timestampsMs) {
            builder.append(timestampMs, null, Slice.utf8("at " + timestampMs), new RecordHeaders());
        }
        int size = builder.finish(0);
        return Slice.of(Arrays.copyOf(builder.bytes(), size));
    }

    /** A batch of keyed records, {@code k=v}; {@code k} alone is a tombstone. */
    static Slice keyed(String... records) {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        for (String record : records) {
            int equals = record.indexOf('=');
            Slice key = Slice.utf8(equals < 0 ? record : record.substring(0, equals));
            Slice value = equals < 0 ? null : Slice.utf8(record.substring(equals + 1));
            builder.append(1_000, key, value, new RecordHeaders());
        }
        int size = builder.finish(0);
        return Slice.of(Arrays.copyOf(builder.bytes(), size));
    }

    /** Every record from the start to the end, {@code k=v} or {@code k}, by its offset. */
    static TreeMap<Long, String> keyedRecords(PartitionLog log) {
        TreeMap<Long, String> records = new TreeMap<>();
        RecordReader reader = new RecordReader();
        long offset = log.logStart();
        while (offset < log.logEnd()) {
            PartitionLog.LogSlice slice = log.read(offset, 700, log.logEnd());
            byte[] bytes = slice.bytes();
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(bytes, at)) {
                assertThat(RecordBatch.faultOf(bytes, at, slice.length() - at)).isNull();
                assertThat(RecordBatch.nextOffset(bytes, at)).isGreaterThan(offset);
                reader.over(bytes, at);
                while (reader.next()) {
                    if (reader.offset() >= log.logStart()) {
                        Slice key = reader.key();
                        Slice value = reader.value();
                        records.put(
                                reader.offset(),
                                (key == null ? "" : key.text())
                                        + (value == null ? "" : "=" + value.text()));
                    }
                }
                offset = RecordBatch.nextOffset(bytes, at);
            }
        }
        return records;
    }

    /** So many batches of one record each, {@code value-<offset>}; then a force. */
    static void appendValues(PartitionLog log, int from, int to) {
        for (int i = from; i < to; i++) {
            log.append(List.of(batch("value-" + i)), 1);
        }
        log.force();
    }

    /** Every value from an offset to the end of the log, read in pieces of at most maxBytes. */
    static List<String> values(PartitionLog log, long from, int maxBytes) {
        List<String> values = new ArrayList<>();
        long offset = from;
        while (offset < log.logEnd()) {
            PartitionLog.LogSlice slice = log.read(offset, maxBytes, log.logEnd());
            assertThat(slice.length()).isPositive();
            offset = addValues(slice, offset, values);
        }
        return values;
    }

    static List<String> values(PartitionLog log) {
        return values(log, log.logStart(), 1 << 20);
    }

    /** Adds the values at or above an offset; returns the offset behind the slice. */
    static long addValues(PartitionLog.LogSlice slice, long from, List<String> values) {
        RecordReader reader = new RecordReader();
        long next = -1;
        for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(slice.bytes(), at)) {
            assertThat(RecordBatch.faultOf(slice.bytes(), at, slice.length() - at)).isNull();
            reader.over(slice.bytes(), at);
            while (reader.next()) {
                if (reader.offset() >= from) {
                    values.add(reader.value().text());
                }
                next = reader.offset() + 1;
            }
        }
        return next;
    }

    static List<String> words(String prefix, int from, int to) {
        List<String> words = new ArrayList<>();
        for (int i = from; i < to; i++) {
            words.add(prefix + i);
        }
        return words;
    }

    static void copyFolder(Path from, Path to) {
        try (Stream<Path> entries = Files.walk(from)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                Path target = to.resolve(from.relativize(entry).toString());
                if (Files.isDirectory(entry)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(entry, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path logFile(Path folder, long baseOffset) {
        return LogFiles.log(folder, baseOffset);
    }

    static void flipBit(Path file, long position, int bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) position] ^= (byte) (1 << bit);
        Files.write(file, bytes);
    }

    static void assertSound(Path folder) throws IOException {
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder);
        assertThat(report.findings()).isEmpty();
    }

    static void assertUndamaged(Path folder) throws IOException {
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder);
        assertThat(report.findings().stream().filter(LogCheck.Finding::damage)).isEmpty();
    }
}
