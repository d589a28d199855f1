package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.FileLogInputStream;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own classes read our files, and we read what they write. */
class KafkaFormatTest {

    @TempDir Path temp;

    @Test
    void kafkaReadsOurSegmentsWithEveryOffsetKeyValueHeaderAndEpoch() throws Exception {
        Path folder = temp.resolve("log");
        Random random = new Random(42);
        List<String> written = new ArrayList<>();
        try (FileLog log =
                FileLog.open(
                        new FileDisk(), folder, ID, LogSettings.DEFAULT.withSegmentBytes(8192))) {
            BatchBuilder builder = new BatchBuilder(16);
            for (int b = 0; b < 100; b++) {
                int epoch = 1 + b / 30;
                builder.begin();
                int count = 1 + random.nextInt(8);
                for (int i = 0; i < count; i++) {
                    int n = written.size();
                    String key = n % 3 == 0 ? null : n % 3 == 1 ? "" : "k" + n;
                    String value = n % 7 == 0 ? null : "v".repeat(random.nextInt(300));
                    Map<String, String> headers = n % 2 == 0 ? Map.of() : Map.of("h" + n, "é");
                    long timestamp = 1_700_000_000_000L + random.nextInt(1000) - 500;
                    builder.append(timestamp, slice(key), slice(value), RecordHeaders.of(headers));
                    written.add(
                            n + "|" + epoch + "|" + timestamp + "|" + key + "|" + value + "|"
                                    + headers);
                }
                int size = builder.finish(RecordBatch.JSON_VALUES);
                log.append(List.of(new Slice(builder.bytes(), 0, size)), epoch);
            }
        }
        List<String> read = new ArrayList<>();
        List<Long> bases = LogFiles.baseOffsets(new FileDisk(), folder, LogFiles.LOG_SUFFIX);
        assertThat(bases).hasSizeGreaterThan(2);
        for (long base : bases) {
            try (FileRecords records = FileRecords.open(LogFiles.log(folder, base).toFile())) {
                for (FileLogInputStream.FileChannelRecordBatch batch : records.batches()) {
                    batch.ensureValid();
                    assertThat(batch.magic()).isEqualTo((byte) 2);
                    for (Record record : batch) {
                        read.add(describe(record, batch.partitionLeaderEpoch()));
                    }
                }
            }
        }
        assertThat(read).isEqualTo(written);
        LogFixture.assertSound(folder);
    }

    private static Slice slice(String text) {
        return text == null ? null : Slice.utf8(text);
    }

    private static String describe(Record record, int epoch) {
        Map<String, String> headers = new java.util.LinkedHashMap<>();
        for (var header : record.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        return record.offset()
                + "|"
                + epoch
                + "|"
                + record.timestamp()
                + "|"
                + text(record.key())
                + "|"
                + text(record.value())
                + "|"
                + headers;
    }

    private static String text(ByteBuffer buffer) {
        return buffer == null ? null : StandardCharsets.UTF_8.decode(buffer).toString();
    }

    @Test
    void weReadWhatKafkaWrites() throws Exception {
        Path folder = temp.resolve("log");
        MemoryRecords records =
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(5, "k".getBytes(), "a".getBytes()),
                        new SimpleRecord(
                                3,
                                (byte[]) null,
                                null,
                                new RecordHeader[] {
                                    new RecordHeader("name", "value".getBytes()),
                                    new RecordHeader("none", (byte[]) null)
                                }),
                        new SimpleRecord(9, new byte[0], new byte[0]));
        byte[] bytes = Arrays.copyOf(records.buffer().array(), records.sizeInBytes());
        assertThat(RecordBatch.faultOf(bytes, 0, bytes.length)).isNull();
        try (FileLog log = FileLog.open(new FileDisk(), folder, ID, LogSettings.DEFAULT)) {
            log.append(List.of(LogFixture.batch("ours")), 1);
            assertThat(log.append(List.of(Slice.of(bytes)), 2)).isEqualTo(1);
            assertThat(log.logEnd()).isEqualTo(4);
            RecordReader reader = new RecordReader();
            reader.over(log.read(1, 1 << 20, 4).bytes(), 0);
            assertThat(reader.next()).isTrue();
            assertThat(reader.offset()).isEqualTo(1);
            assertThat(reader.timestampMs()).isEqualTo(5);
            assertThat(reader.key().text()).isEqualTo("k");
            assertThat(reader.value().text()).isEqualTo("a");
            assertThat(reader.next()).isTrue();
            assertThat(reader.timestampMs()).isEqualTo(3);
            assertThat(reader.key()).isNull();
            assertThat(reader.value()).isNull();
            assertThat(reader.header("name")).isEqualTo("value");
            assertThat(reader.header("none")).isNull();
            assertThat(reader.next()).isTrue();
            assertThat(reader.offset()).isEqualTo(3);
            assertThat(reader.key().length()).isZero();
            assertThat(reader.value().length()).isZero();
            assertThat(reader.next()).isFalse();
        }
        LogFixture.assertSound(folder);
    }

    @Test
    void aSegmentThatKafkaWroteIsALogOfOurs() throws Exception {
        Path folder = temp.resolve("log");
        FileLog.open(new FileDisk(), folder, ID, LogSettings.DEFAULT).close();
        try (FileRecords file = FileRecords.open(LogFiles.log(folder, 0).toFile(), true)) {
            for (int i = 0; i < 500; i++) {
                file.append(
                        MemoryRecords.withRecords(
                                i,
                                Compression.NONE,
                                1,
                                new SimpleRecord((long) i, null, ("value-" + i).getBytes())));
            }
            file.flush();
        }
        LeaderEpochs.empty(new FileDisk(), folder).begin(1, 0);
        try (FileLog log = FileLog.open(new FileDisk(), folder, ID, LogSettings.DEFAULT)) {
            assertThat(values(log, 0, 1000)).isEqualTo(LogFixture.words("value-", 0, 500));
        }
        LogFixture.assertSound(folder);
    }
}
