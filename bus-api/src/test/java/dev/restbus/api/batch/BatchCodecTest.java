package dev.restbus.api.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.ByteUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our codec and Kafka's, against each other. */
class BatchCodecTest {

    private static final int BATCHES = 300;

    private record Written(
            long timestampMs, byte[] key, byte[] value, List<String> names, List<byte[]> values) {}

    private static byte[] randomBytes(Random random) {
        if (random.nextInt(5) == 0) {
            return null;
        }
        byte[] bytes =
                new byte[random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(20)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Written randomRecord(Random random) {
        List<String> names = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            names.add("naïve-" + random.nextInt(100));
            byte[] value = new byte[random.nextInt(100)];
            random.nextBytes(value);
            values.add(value);
        }
        long timestampMs = random.nextInt(3) == 0 ? random.nextLong() >>> 2 : random.nextInt(1000);
        return new Written(timestampMs, randomBytes(random), randomBytes(random), names, values);
    }

    private static List<Written> randomRecords(Random random) {
        List<Written> records = new ArrayList<>();
        for (int i = 1 + random.nextInt(random.nextInt(10) == 0 ? 500 : 8); i > 0; i--) {
            records.add(randomRecord(random));
        }
        return records;
    }

    private static byte[] build(BatchBuilder builder, List<Written> records, int attributes) {
        builder.begin();
        RecordHeaders headers = new RecordHeaders();
        for (Written record : records) {
            headers.clear();
            for (int i = 0; i < record.names.size(); i++) {
                headers.add(record.names.get(i).getBytes(), record.values.get(i));
            }
            builder.append(record.timestampMs, slice(record.key), slice(record.value), headers);
        }
        assertThat(builder.count()).isEqualTo(records.size());
        int size = builder.finish(attributes);
        assertThat(builder.sizeBytes()).isEqualTo(size);
        return Arrays.copyOf(builder.bytes(), size);
    }

    private static Slice slice(byte[] bytes) {
        return bytes == null ? null : Slice.of(bytes);
    }

    @Test
    void kafkaReadsEveryBatchWeBuild() {
        Random random = new Random(11);
        BatchBuilder builder = new BatchBuilder(8);
        for (int b = 0; b < BATCHES; b++) {
            List<Written> written = randomRecords(random);
            byte[] bytes = build(builder, written, b % 2 == 0 ? 0 : RecordBatch.JSON_VALUES);
            RecordBatch.place(bytes, 0, 1_000_000_007L, 5);

            MutableRecordBatch batch = onlyBatch(bytes);
            batch.ensureValid();
            assertThat(batch.baseOffset()).isEqualTo(1_000_000_007L);
            assertThat(batch.lastOffset()).isEqualTo(RecordBatch.lastOffset(bytes, 0));
            assertThat(batch.partitionLeaderEpoch()).isEqualTo(5);
            assertThat(batch.countOrNull()).isEqualTo(written.size());
            assertThat(batch.maxTimestamp()).isEqualTo(RecordBatch.maxTimestampMs(bytes, 0));
            assertThat(batch.maxTimestamp())
                    .isEqualTo(
                            written.stream().mapToLong(Written::timestampMs).max().orElseThrow());
            assertThat(batch.producerId()).isEqualTo(-1);
            assertThat(batch.isTransactional()).isFalse();
            assertThat(batch.isControlBatch()).isFalse();
            int i = 0;
            for (Record record : batch) {
                assertSame(written.get(i), record);
                assertThat(record.offset()).isEqualTo(1_000_000_007L + i++);
            }
            assertThat(i).isEqualTo(written.size());
        }
    }

    private static MutableRecordBatch onlyBatch(byte[] bytes) {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
        assertThat(records.validBytes()).isEqualTo(bytes.length);
        List<MutableRecordBatch> batches = new ArrayList<>();
        records.batches().forEach(batches::add);
        assertThat(batches).hasSize(1);
        return batches.get(0);
    }

    private static void assertSame(Written written, Record record) {
        assertThat(record.timestamp()).isEqualTo(written.timestampMs);
        assertThat(bytes(record.key())).isEqualTo(written.key);
        assertThat(bytes(record.value())).isEqualTo(written.value);
        assertThat(record.headers()).hasSize(written.names.size());
        for (int i = 0; i < written.names.size(); i++) {
            assertThat(record.headers()[i].key()).isEqualTo(written.names.get(i));
            assertThat(record.headers()[i].value()).isEqualTo(written.values.get(i));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        return copy;
    }

    @Test
    void weReadEveryBatchKafkaBuilds() {
        Random random = new Random(12);
        RecordReader reader = new RecordReader();
        for (int b = 0; b < BATCHES; b++) {
            List<Written> written = randomRecords(random);
            SimpleRecord[] records =
                    written.stream().map(BatchCodecTest::kafkaRecord).toArray(SimpleRecord[]::new);
            MemoryRecords built = MemoryRecords.withRecords(77, Compression.NONE, 3, records);
            byte[] bytes = new byte[5 + built.sizeInBytes()];
            built.buffer().duplicate().get(bytes, 5, built.sizeInBytes());

            assertThat(RecordBatch.faultOf(bytes, 5, bytes.length - 5)).isNull();
            assertThat(RecordBatch.baseOffset(bytes, 5)).isEqualTo(77);
            assertThat(RecordBatch.leaderEpoch(bytes, 5)).isEqualTo(3);
            assertThat(RecordBatch.recordCount(bytes, 5)).isEqualTo(written.size());
            assertThat(RecordBatch.nextOffset(bytes, 5)).isEqualTo(77 + written.size());
            reader.over(bytes, 5);
            for (int i = 0; i < written.size(); i++) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.offset()).isEqualTo(77 + i);
                assertSame(written.get(i), reader);
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.next()).isFalse();
        }
    }

    private static SimpleRecord kafkaRecord(Written record) {
        Header[] headers = new Header[record.names.size()];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader(record.names.get(i), record.values.get(i));
        }
        return new SimpleRecord(record.timestampMs, record.key, record.value, headers);
    }

    private static void assertSame(Written written, RecordReader reader) {
        assertThat(reader.timestampMs()).isEqualTo(written.timestampMs);
        assertThat(reader.hasKey()).isEqualTo(written.key != null);
        assertThat(reader.hasValue()).isEqualTo(written.value != null);
        assertThat(reader.key() == null ? null : reader.key().copy()).isEqualTo(written.key);
        assertThat(reader.value() == null ? null : reader.value().copy()).isEqualTo(written.value);
        List<String> names = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        reader.headers(
                (name, value) -> {
                    names.add(name.text());
                    values.add(value.copy());
                });
        assertThat(names).isEqualTo(written.names);
        assertThat(values.toArray(new byte[0][]))
                .isDeepEqualTo(written.values.toArray(new byte[0][]));
    }

    @Test
    void aBatchOfOursAndOneOfKafkasAreTheSameBytes() {
        Written record =
                new Written(
                        1234, "k".getBytes(), "v".getBytes(), List.of("h"), List.of(new byte[3]));
        byte[] ours = build(new BatchBuilder(1), List.of(record, record), 0);
        MemoryRecords kafkas =
                MemoryRecords.withRecords(
                        0, Compression.NONE, -1, kafkaRecord(record), kafkaRecord(record));
        assertThat(ours).isEqualTo(bytes(kafkas.buffer()));
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                -1,
                63,
                64,
                -64,
                -65,
                127,
                128,
                8191,
                8192,
                -8193,
                1L << 31,
                -(1L << 31),
                (1L << 31) - 1,
                Long.MAX_VALUE,
                Long.MIN_VALUE
            })
    void varintsAreThoseOfKafka(long value) {
        ByteBuffer kafka = ByteBuffer.allocate(10);
        ByteUtils.writeVarlong(value, kafka);
        byte[] ours = new byte[10];
        int size = Bytes.putVarlong(ours, 0, value);
        assertThat(Arrays.copyOf(ours, size))
                .isEqualTo(Arrays.copyOf(kafka.array(), kafka.position()));
        assertThat(Bytes.varlongSize(value)).isEqualTo(size);
        if (value == (int) value) {
            ByteBuffer kafkaInt = ByteBuffer.allocate(5);
            ByteUtils.writeVarint((int) value, kafkaInt);
            assertThat(Bytes.varintSize((int) value)).isEqualTo(kafkaInt.position());
            assertThat(Bytes.putVarint(new byte[5], 0, (int) value)).isEqualTo(kafkaInt.position());
        }
    }

    @Test
    void everyFlippedBitTheCrcCoversAndEveryCutIsAFault() {
        byte[] sound = build(new BatchBuilder(64), randomRecords(new Random(13)), 0);
        assertThat(RecordBatch.faultOf(sound, 0, sound.length)).isNull();
        for (int bit = RecordBatch.MAGIC_AT * 8; bit < sound.length * 8; bit++) {
            byte[] damaged = sound.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(RecordBatch.faultOf(damaged, 0, damaged.length))
                    .as("bit %d", bit)
                    .isNotNull();
        }
        for (int length = 0; length < sound.length; length++) {
            assertThat(RecordBatch.faultOf(sound, 0, length)).as("cut at %d", length).isNotNull();
        }
        for (int bit = RecordBatch.LENGTH_AT * 8; bit < RecordBatch.LEADER_EPOCH_AT * 8; bit++) {
            byte[] damaged = Arrays.copyOf(sound, sound.length * 2);
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(RecordBatch.faultOf(damaged, 0, damaged.length))
                    .as("bit %d", bit)
                    .isNotNull();
        }
    }

    @Test
    void recordsThatDoNotParseUnderARightCrcAreMalformedAndNothingElse() {
        Random random = new Random(14);
        int malformed = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = build(new BatchBuilder(64), List.of(smallRecord(), smallRecord()), 0);
            int at =
                    RecordBatch.HEADER_BYTES
                            + random.nextInt(bytes.length - RecordBatch.HEADER_BYTES);
            bytes[at] = (byte) random.nextInt(256);
            Bytes.putInt(bytes, RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, 0));
            byte[] inMiddle = new byte[bytes.length + 20];
            System.arraycopy(bytes, 0, inMiddle, 10, bytes.length);
            try {
                readAll(inMiddle, 10);
            } catch (RecordReader.MalformedBatchException e) {
                malformed++;
            }
        }
        assertThat(malformed).isGreaterThan(1_000);
    }

    private static Written smallRecord() {
        return new Written(
                5, "key".getBytes(), "value".getBytes(), List.of("name"), List.of(new byte[2]));
    }

    private static void readAll(byte[] bytes, int at) {
        RecordReader reader = new RecordReader().over(bytes, at);
        int end = at + RecordBatch.sizeBytes(bytes, at);
        while (reader.next()) {
            reader.headers(
                    (name, value) -> {
                        assertThat(name.at()).isGreaterThanOrEqualTo(at);
                        assertThat(name.at() + name.length()).isLessThanOrEqualTo(end);
                    });
            if (reader.hasValue()) {
                assertThat(reader.valueAt() + reader.valueLength()).isLessThanOrEqualTo(end);
            }
        }
    }

    @Test
    void moreRecordsThanSaidAreMalformed() {
        byte[] bytes = build(new BatchBuilder(64), List.of(smallRecord(), smallRecord()), 0);
        Bytes.putInt(bytes, RecordBatch.RECORD_COUNT_AT, 1);
        RecordReader reader = new RecordReader().over(bytes, 0);
        assertThat(reader.next()).isTrue();
        assertThatThrownBy(reader::next).isInstanceOf(RecordReader.MalformedBatchException.class);

        Bytes.putInt(bytes, RecordBatch.RECORD_COUNT_AT, 3);
        Bytes.putInt(bytes, RecordBatch.CRC_AT, RecordBatch.computeCrc(bytes, 0));
        assertThat(RecordBatch.faultOf(bytes, 0, bytes.length)).contains("3 records in 2 offsets");
    }

    @Test
    void anEmptyBatchIsNotBuilt() {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        assertThatThrownBy(() -> builder.finish(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theLastHeaderOfANameCountsAndTheJsonBitIsSeen() {
        BatchBuilder builder = new BatchBuilder(64);
        builder.begin();
        RecordHeaders headers = new RecordHeaders();
        headers.add("a", "1");
        headers.add(RecordHeaders.CONTENT_TYPE, "text/plain");
        headers.add("a", "2");
        builder.append(1, null, Slice.utf8("v"), headers);
        int size = builder.finish(RecordBatch.JSON_VALUES);
        byte[] bytes = Arrays.copyOf(builder.bytes(), size);

        assertThat(RecordBatch.hasJsonValues(bytes, 0)).isTrue();
        RecordReader reader = new RecordReader().over(bytes, 0);
        assertThat(reader.next()).isTrue();
        assertThat(reader.header("a")).isEqualTo("2");
        assertThat(reader.header("content-type")).isEqualTo("text/plain");
        assertThat(reader.header("b")).isNull();
    }
}
