package dev.restbus.api.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.batch.RecordReader.MalformedBatchException;
import dev.restbus.api.batch.RecordReader.OversizedBatchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that Kafka packed, and packed bytes that nobody should trust. */
class CompressionTest {

    private static final long SEED = Long.getLong("restbus.seed", 77);

    private static byte[] packed(CompressionType type, SimpleRecord... records) {
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        5,
                        org.apache.kafka.common.compress.Compression.of(type).build(),
                        1,
                        records);
        return Arrays.copyOf(batch.buffer().array(), batch.sizeInBytes());
    }

    private static SimpleRecord[] records(Random random, int count, int valueBytes) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[valueBytes];
            for (int b = 0; b < valueBytes; b++) {
                value[b] = (byte) ('a' + random.nextInt(4));
            }
            Header[] headers = {new RecordHeader("n", ("" + i).getBytes())};
            records[i] =
                    new SimpleRecord(
                            1000 + i, i % 3 == 0 ? null : ("k" + i).getBytes(), value, headers);
        }
        return records;
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"NONE", "GZIP", "LZ4", "ZSTD"})
    void whatKafkaPackedIsReadAsItWas(CompressionType type) {
        Random random = new Random(SEED);
        RecordReader reader = new RecordReader();
        for (int[] shape : new int[][] {{1, 0}, {1, 1}, {50, 20}, {3, 200_000}, {2_000, 300}}) {
            SimpleRecord[] written = records(random, shape[0], shape[1]);
            byte[] batch = packed(type, written);
            byte[] inMiddle = new byte[batch.length + 20];
            System.arraycopy(batch, 0, inMiddle, 7, batch.length);
            assertThat(RecordBatch.faultOf(inMiddle, 7, batch.length)).isNull();
            assertThat(RecordBatch.compression(batch, 0)).isEqualTo(type.id);
            assertThat(Compression.isReadable(type.id)).isTrue();
            reader.over(inMiddle, 7);
            for (int i = 0; i < written.length; i++) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.offset()).isEqualTo(5 + i);
                assertThat(reader.timestampMs()).isEqualTo(1000 + i);
                assertThat(reader.hasKey()).isEqualTo(i % 3 != 0);
                assertThat(reader.value().copy()).isEqualTo(written[i].value().array());
                assertThat(reader.header("n")).isEqualTo("" + i);
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.next()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"GZIP", "LZ4", "ZSTD"})
    void whatWePackedIsReadByKafkaAsItWas(CompressionType type) {
        byte[] plain = packed(CompressionType.NONE, records(new Random(SEED), 2_000, 300));
        int length = plain.length - RecordBatch.HEADER_BYTES;
        Slice packed =
                Compression.pack(type.id, new Slice(plain, RecordBatch.HEADER_BYTES, length));
        assertThat(packed.length()).isLessThan(length * 3 / 4);
        byte[] batch = Arrays.copyOf(plain, RecordBatch.HEADER_BYTES + packed.length());
        System.arraycopy(
                packed.bytes(), packed.at(), batch, RecordBatch.HEADER_BYTES, packed.length());
        Bytes.putShort(batch, RecordBatch.ATTRIBUTES_AT, (short) type.id);
        Bytes.putInt(
                batch, RecordBatch.LENGTH_AT, batch.length - RecordBatch.LENGTH_OVERHEAD_BYTES);
        Bytes.putInt(batch, RecordBatch.CRC_AT, RecordBatch.computeCrc(batch, 0));
        MemoryRecords read = MemoryRecords.readableRecords(ByteBuffer.wrap(batch));
        read.batches().forEach(one -> one.ensureValid());
        List<org.apache.kafka.common.record.internal.Record> expected = new ArrayList<>();
        MemoryRecords.readableRecords(ByteBuffer.wrap(plain)).records().forEach(expected::add);
        List<org.apache.kafka.common.record.internal.Record> found = new ArrayList<>();
        read.records().forEach(found::add);
        assertThat(found).hasSize(2_000).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"GZIP", "LZ4", "ZSTD"})
    void whatCouldNotBeUnpackedOrSavesNothingIsNotPacked(CompressionType type) {
        byte[] noise = new byte[1_000];
        new Random(SEED).nextBytes(noise);
        assertThat(Compression.pack(type.id, Slice.of(noise))).isNull();
        assertThat(Compression.pack(type.id, Slice.of(new byte[8 << 20]))).isNull();
        assertThat(Compression.pack(type.id, Slice.of(new byte[1 << 20]))).isNotNull();
    }

    @Test
    void aReaderGoesFromOneKindOfBatchToAnother() {
        RecordReader reader = new RecordReader();
        List<String> read = new ArrayList<>();
        for (CompressionType type :
                List.of(CompressionType.ZSTD, CompressionType.NONE, CompressionType.LZ4)) {
            reader.over(packed(type, new SimpleRecord(1, type.name.getBytes())), 0);
            while (reader.next()) {
                read.add(reader.value().text());
            }
        }
        assertThat(read).containsExactly("zstd", "none", "lz4");
    }

    @Test
    void snappyAndUnknownCodesAreNotRead() {
        byte[] snappy = packed(CompressionType.SNAPPY, new SimpleRecord(1, "v".getBytes()));
        RecordReader reader = new RecordReader().over(snappy, 0);
        assertThatThrownBy(reader::next)
                .isInstanceOf(MalformedBatchException.class)
                .hasMessageContaining("gzip, lz4 and zstd");
        for (int code : new int[] {Compression.SNAPPY, 5, 6, 7}) {
            assertThat(Compression.isReadable(code)).isFalse();
            assertThatThrownBy(() -> Compression.unpack(code, Slice.of(new byte[10])))
                    .isInstanceOf(MalformedBatchException.class);
        }
    }

    @Test
    void theLimitIsTheFirstMebibyteAndTwentyTimesTheRestUpToSixteen() {
        assertThat(Compression.limitBytes(0)).isEqualTo(1 << 20);
        assertThat(Compression.limitBytes(1000)).isEqualTo((1 << 20) + 20_000);
        assertThat(Compression.limitBytes(1 << 20)).isEqualTo(16 << 20);
        assertThat(Compression.limitBytes(Integer.MAX_VALUE)).isEqualTo(16 << 20);
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"GZIP", "LZ4", "ZSTD"})
    void aBombIsRefusedAndAMebibyteOfZerosIsNot(CompressionType type) {
        byte[] fine = packed(type, new SimpleRecord(1, new byte[(1 << 20) - 100]));
        assertThat(new RecordReader().over(fine, 0).next()).isTrue();
        byte[] bomb = packed(type, new SimpleRecord(1, new byte[30 << 20]));
        assertThat(bomb.length).isLessThan(200_000);
        RecordReader reader = new RecordReader().over(bomb, 0);
        assertThatThrownBy(reader::next).isInstanceOf(OversizedBatchException.class);
    }

    @Test
    void aGzipOfManyMembersIsHeldToTheSameLimit() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 40; i++) {
            try (GZIPOutputStream member = new GZIPOutputStream(all)) {
                member.write(new byte[1 << 20]);
            }
        }
        assertThatThrownBy(() -> Compression.unpack(Compression.GZIP, Slice.of(all.toByteArray())))
                .isInstanceOf(OversizedBatchException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {Compression.GZIP, Compression.LZ4, Compression.ZSTD})
    void damagedStreamsAreMalformedAndNothingElse(int code) {
        Random random = new Random(SEED);
        System.out.println("seed " + SEED);
        SimpleRecord[] records = records(random, 20, 50);
        byte[] sound = packed(CompressionType.forId(code), records);
        int malformed = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] damaged = sound.clone();
            int flips = 1 + random.nextInt(3);
            for (int f = 0; f < flips; f++) {
                int at =
                        RecordBatch.HEADER_BYTES
                                + random.nextInt(sound.length - RecordBatch.HEADER_BYTES);
                damaged[at] ^= (byte) (1 << random.nextInt(8));
            }
            RecordReader reader = new RecordReader().over(damaged, 0);
            try {
                while (reader.next()) {
                    reader.headers((name, value) -> name.text());
                }
            } catch (MalformedBatchException e) {
                malformed++;
            }
        }
        assertThat(malformed).isGreaterThan(1_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {Compression.GZIP, Compression.LZ4, Compression.ZSTD})
    void aStreamThatEndsEarlyOrLateIsMalformed(int code) {
        byte[] sound = packed(CompressionType.forId(code), records(new Random(SEED), 200, 50));
        int at = RecordBatch.HEADER_BYTES;
        int length = sound.length - at;
        assertThat(Compression.unpack(code, new Slice(sound, at, length)).length())
                .isGreaterThan(10_000);
        for (int cut : new int[] {0, 1, 2, 5, 8, 11, 20, length / 2, length - 1}) {
            Slice part = new Slice(sound, at, cut);
            if (code == Compression.ZSTD && cut == 0) {
                assertThat(Compression.unpack(code, part).length()).isZero();
            } else {
                assertThatThrownBy(() -> Compression.unpack(code, part))
                        .as("cut at %d", cut)
                        .isInstanceOf(MalformedBatchException.class);
            }
        }
        byte[] more = new byte[length + 2_000];
        System.arraycopy(sound, at, more, 0, length);
        Arrays.fill(more, length, more.length, (byte) 7);
        assertThatThrownBy(() -> Compression.unpack(code, Slice.of(more)))
                .isInstanceOf(MalformedBatchException.class);
    }
}
