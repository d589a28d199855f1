package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static dev.restbus.broker.log.LogFixture.keyed;
import static dev.restbus.broker.log.LogFixture.keyedRecords;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What compaction leaves of a log. */
class CompactionTest {

    private static final long DAY_MS = 86_400_000;
    private static final Retention COMPACTED = new Retention(-1, -1, Long.MAX_VALUE, DAY_MS);

    @TempDir Path temp;

    private final FaultyDisk disk = FaultyDisk.thatOnlyNotesForces();
    private long nanos;
    private Path folder;
    private FileLog log;

    /** Every record appended, by its offset. */
    private final TreeMap<Long, String> model = new TreeMap<>();

    @BeforeEach
    void openLog() {
        folder = temp.resolve("log");
        open(COMPACTED);
    }

    @AfterEach
    void check() throws Exception {
        log.close();
        LogFixture.assertSound(folder);
        open(COMPACTED);
        keyedRecords(log);
        log.close();
    }

    private void open(Retention retention) {
        LogSettings settings =
                new LogSettings(1024, 1 << 20, Fsync.GROUP, 0, () -> nanos)
                        .withRetention(retention);
        log = FileLog.open(disk, folder, ID, settings);
    }

    private void append(String... records) {
        long offset = log.append(List.of(keyed(records)), 1);
        for (String record : records) {
            model.put(offset++, record);
        }
        log.force();
    }

    /** Appends until another segment is active. */
    private void roll() throws Exception {
        int before = segments();
        for (int i = 0; segments() == before; i++) {
            append("filler=" + i);
        }
    }

    private int segments() throws Exception {
        return LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX).size();
    }

    private boolean clean() {
        return log.clean(log.durableEnd(), () -> false);
    }

    private void pass(long ms) {
        nanos += ms * 1_000_000;
    }

    /** What is left if the closed part is compacted and nothing else is. */
    private TreeMap<Long, String> compacted(long end) {
        Map<String, Long> newest = new TreeMap<>();
        model.headMap(end).forEach((offset, record) -> newest.put(keyOf(record), offset));
        TreeMap<Long, String> left = new TreeMap<>(model);
        left.headMap(end)
                .entrySet()
                .removeIf(
                        entry -> newest.get(keyOf(entry.getValue())) != entry.getKey().longValue());
        return left;
    }

    private static String keyOf(String record) {
        return record.split("=")[0];
    }

    private long activeBase() throws Exception {
        List<Long> bases = LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX);
        return bases.get(bases.size() - 1);
    }

    @Test
    void theNewestRecordOfEachKeyStaysAtItsOffset() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i, "b=" + i, "c" + i % 7 + "=" + i);
        }
        long size = log.sizeBytes();
        long end = activeBase();
        assertThat(clean()).isTrue();

        assertThat(keyedRecords(log)).isEqualTo(compacted(end));
        assertThat(log.logStart()).isZero();
        assertThat(log.sizeBytes()).isLessThan(size / 2);
        assertThat(segments()).isEqualTo(2);
        assertThat(clean()).as("nothing is dirty").isFalse();
    }

    @Test
    void aSecondPassTakesWhatCameSince() throws Exception {
        for (int pass = 0; pass < 5; pass++) {
            for (int i = 0; i < 40; i++) {
                append("a=" + i, "b" + i % 5 + "=" + i + "-" + pass);
            }
            clean();
            assertThat(clean()).isFalse();
        }
        assertThat(keyedRecords(log)).isEqualTo(compacted(activeBase()));
        // Small segments became one.
        assertThat(segments()).isLessThan(6);
    }

    @Test
    void aLogGoesOnAfterARestart() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i, "b=" + i);
        }
        TreeMap<Long, String> left = compacted(activeBase());
        clean();
        log.close();
        LogFixture.assertSound(folder);
        open(COMPACTED);
        assertThat(keyedRecords(log)).isEqualTo(left);
        assertThat(clean()).as("known to be clean").isFalse();
        append("a=new");
        assertThat(log.logEnd()).isEqualTo(121);
    }

    @Test
    void nothingActiveOrAboveTheHighWatermarkIsTouched() throws Exception {
        append("a=1", "a=2");
        assertThat(clean()).isFalse();
        for (int i = 0; i < 60; i++) {
            append("a=" + i);
        }
        List<Long> bases = LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX);
        long mark = bases.get(2) + 1;
        assertThat(log.clean(mark, () -> false)).isTrue();
        assertThat(keyedRecords(log)).isEqualTo(compacted(bases.get(2)));
    }

    @Test
    void aTombstoneStaysForItsTimeAndThenGoesWithItsKey() throws Exception {
        append("a=1", "b=1");
        append("a");
        roll();
        clean();
        TreeMap<Long, String> left = compacted(activeBase());
        assertThat(keyedRecords(log)).isEqualTo(left).containsEntry(2L, "a");
        pass(DAY_MS);
        assertThat(clean()).isFalse();
        log.close();
        open(COMPACTED);
        pass(1);
        assertThat(clean()).isTrue();
        left.remove(2L);
        assertThat(keyedRecords(log)).isEqualTo(left);
        assertThat(clean()).isFalse();
    }

    @Test
    void theTimeOfATombstoneCountsFromItsFirstCleaning() throws Exception {
        append("a=1");
        append("a");
        roll();
        pass(10 * DAY_MS);
        clean();
        assertThat(keyedRecords(log)).containsEntry(1L, "a").doesNotContainKey(0L);
        pass(DAY_MS + 1);
        clean();
        assertThat(keyedRecords(log)).doesNotContainKey(1L);
    }

    @Test
    void aTombstoneThatIsTheLastRecordLeavesAHoleUpToTheEnd() throws Exception {
        open(new Retention(-1, -1, 1_000, 0));
        append("a=1");
        append("a");
        pass(1_000);
        log.keep(2);
        clean();
        pass(1);
        assertThat(clean()).isTrue();
        assertThat(keyedRecords(log)).isEmpty();
        assertThat(log.logEnd()).isEqualTo(2);
        PartitionLog.LogSlice hole = log.read(0, 1, 2);
        assertThat(RecordBatch.recordCount(hole.bytes(), 0)).isZero();
        assertThat(RecordBatch.nextOffset(hole.bytes(), 0)).isEqualTo(2);
        append("a=2");
        assertThat(keyedRecords(log)).containsExactly(Map.entry(2L, "a=2"));
    }

    @Test
    void recordsWithoutAKeyStay() throws Exception {
        for (int i = 0; i < 60; i++) {
            log.append(List.of(LogFixture.batch("unkeyed " + i)), 1);
            model.put(log.logEnd() - 1, "=unkeyed " + i);
            append("a=" + i);
        }
        long end = activeBase();
        clean();
        TreeMap<Long, String> left = compacted(end);
        model.forEach(
                (offset, record) -> {
                    if (record.startsWith("=")) {
                        left.put(offset, record);
                    }
                });
        assertThat(keyedRecords(log)).isEqualTo(left);
    }

    @Test
    void whatWasDeletedFromTheFrontIsDroppedAsWell() throws Exception {
        append("only=0", "a=0");
        append("b=0");
        roll();
        log.startAt(1);
        clean();
        assertThat(keyedRecords(log)).doesNotContainKey(0L).containsEntry(1L, "a=0");
        assertThat(log.logStart()).isEqualTo(1);
    }

    @Test
    void anEmptiedBatchOfAProducerKeepsItsNumbers() throws Exception {
        Slice batch = keyed("a=0");
        Bytes.putLong(batch.bytes(), RecordBatch.PRODUCER_ID_AT, 77);
        Bytes.putShort(batch.bytes(), RecordBatch.PRODUCER_EPOCH_AT, (short) 3);
        Bytes.putInt(batch.bytes(), RecordBatch.BASE_SEQUENCE_AT, 9);
        Bytes.putInt(batch.bytes(), RecordBatch.CRC_AT, RecordBatch.computeCrc(batch.bytes(), 0));
        append("a=-1");
        log.append(List.of(batch), 1);
        append("a=1");
        roll();
        clean();
        byte[] left = log.read(1, 1, log.durableEnd()).bytes();
        assertThat(RecordBatch.baseOffset(left, 0)).isEqualTo(1);
        assertThat(RecordBatch.lastOffset(left, 0)).isEqualTo(1);
        assertThat(RecordBatch.recordCount(left, 0)).isZero();
        assertThat(Bytes.getLong(left, RecordBatch.PRODUCER_ID_AT)).isEqualTo(77);
        assertThat(Bytes.getShort(left, RecordBatch.PRODUCER_EPOCH_AT)).isEqualTo((short) 3);
        assertThat(Bytes.getInt(left, RecordBatch.BASE_SEQUENCE_AT)).isEqualTo(9);
    }

    @Test
    void aHoleEndsWhereTheEpochDoes() throws Exception {
        for (int i = 0; i < 20; i++) {
            log.append(List.of(keyed("a=" + i)), 1);
        }
        for (int i = 20; i < 60; i++) {
            log.append(List.of(keyed("a=" + i)), 2);
        }
        log.force();
        clean();
        byte[] hole = log.read(0, 1, log.durableEnd()).bytes();
        assertThat(RecordBatch.nextOffset(hole, 0)).isEqualTo(20);
        assertThat(RecordBatch.leaderEpoch(hole, 0)).isEqualTo(1);
    }

    @Test
    void moreKeysThanFitTheTableTakeMorePasses() throws Exception {
        log.cleaner().tableBytes = 0;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 2_000; i += 4) {
                append("k" + i + "=" + round, "k" + (i + 1) + "=", "k" + (i + 2), "x=" + i);
            }
        }
        long end = activeBase();
        int passes = 0;
        while (clean()) {
            passes++;
        }
        assertThat(passes).isGreaterThan(2);
        // What is dirty is less than what is clean by now; more of it comes.
        while (log.state().cleaning().end() < end) {
            roll();
            clean();
        }
        TreeMap<Long, String> read = keyedRecords(log);
        read.tailMap(log.state().cleaning().end()).clear();
        assertThat(read)
                .isEqualTo(
                        new TreeMap<>(
                                compacted(log.state().cleaning().end())
                                        .headMap(log.state().cleaning().end())));
    }

    @Test
    void aLogWithDamageIsLeftAlone() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i);
        }
        log.close();
        LogFixture.copyFolder(folder, temp.resolve("sound"));
        LogFixture.flipBit(LogFiles.log(folder, 0), 70, 1);
        open(COMPACTED);
        long size = log.sizeBytes();
        assertThat(clean()).isTrue();
        assertThat(clean()).isFalse();
        assertThat(log.sizeBytes()).isEqualTo(size);
        assertThat(disk.list(folder)).noneMatch(name -> name.endsWith(".cleaned"));
        log.close();
        folder = temp.resolve("sound");
        open(COMPACTED);
    }

    @Test
    void aFullDiskOrAStopLeavesTheLogAsItIs() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i);
        }
        long size = log.sizeBytes();
        for (int batches = 0; batches < 30; batches += 5) {
            int[] left = {batches};
            log.clean(log.durableEnd(), () -> left[0]-- == 0);
            assertThat(log.sizeBytes()).isEqualTo(size);
        }
        disk.freeBytes = 10;
        assertThat(clean()).isTrue();
        disk.freeBytes = Long.MAX_VALUE;
        assertThat(clean()).as("not again at once").isFalse();
        assertThat(log.sizeBytes()).isEqualTo(size);
        assertThat(disk.list(folder)).noneMatch(name -> name.endsWith(".cleaned"));
        assertThat(keyedRecords(log)).isEqualTo(model);
        pass(60_000);
        assertThat(clean()).isTrue();
        assertThat(keyedRecords(log)).isEqualTo(compacted(activeBase()));
    }

    @Test
    void compactedAndDeletedGoTogether() throws Exception {
        log.configure(
                new LogSettings(1024, 1 << 20, Fsync.GROUP, 0, () -> nanos)
                        .withRetention(new Retention(10_000, -1, Long.MAX_VALUE, DAY_MS)));
        for (int i = 0; i < 60; i++) {
            append("a=" + i, "b=" + i);
        }
        clean();
        pass(10_001);
        append("c=1");
        log.keep(log.durableEnd());
        assertThat(log.logStart()).isPositive();
        assertThat(keyedRecords(log).lastEntry().getValue()).isEqualTo("c=1");
    }

    @Test
    void recordsAreFoundByTimeAfterwards() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i);
        }
        clean();
        long newest = compacted(activeBase()).firstKey();
        assertThat(log.firstAt(0, log.durableEnd())).isEqualTo(newest);
        assertThat(log.firstAt(1_001, log.durableEnd())).isEqualTo(log.durableEnd());
    }

    @Test
    void kafkaReadsWhatIsLeft() throws Exception {
        for (int i = 0; i < 60; i++) {
            append("a=" + i, "b=" + i, "c" + i + "=x");
        }
        long end = activeBase();
        clean();
        TreeMap<Long, String> read = new TreeMap<>();
        long expected = 0;
        for (long base : LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX)) {
            try (FileRecords records = FileRecords.open(LogFiles.log(folder, base).toFile())) {
                for (FileChannelRecordBatch batch : records.batches()) {
                    batch.ensureValid();
                    assertThat(batch.baseOffset()).isEqualTo(expected);
                    expected = batch.nextOffset();
                    batch.forEach(
                            record ->
                                    read.put(
                                            record.offset(),
                                            text(record.key()) + "=" + text(record.value())));
                }
            }
        }
        assertThat(read).isEqualTo(compacted(end));
    }

    private static String text(java.nio.ByteBuffer bytes) {
        return java.nio.charset.StandardCharsets.UTF_8.decode(bytes).toString();
    }

    @Test
    void whoReadsMeanwhileSeesEachNewestRecord() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        for (int i = 0; i < 40; i++) {
            append("stays" + i + "=" + i);
        }
        List<CompletableFuture<Integer>> readers = new ArrayList<>();
        for (int r = 0; r < 2; r++) {
            readers.add(CompletableFuture.supplyAsync(() -> readAgain(done)));
        }
        for (int round = 0; round < 60; round++) {
            for (int i = 0; i < 20; i++) {
                append("a=" + i, "b" + round % 9 + "=" + i);
            }
            clean();
        }
        done.set(true);
        for (CompletableFuture<Integer> reader : readers) {
            assertThat(reader.get()).isPositive();
        }
    }

    private int readAgain(AtomicBoolean done) {
        int times = 0;
        while (!done.get()) {
            TreeMap<Long, String> read = keyedRecords(log);
            for (long i = 0; i < 40; i++) {
                assertThat(read).containsEntry(i, "stays" + i + "=" + i);
            }
            times++;
        }
        return times;
    }

    @Test
    void whatWasDroppedFromACompressedBatchDoesNotComeBackWithoutItsTombstone() throws Exception {
        String filler = "a".repeat(200);
        Slice batch = keyed("k=old", "f=" + filler, "g=" + filler, "h=" + filler, "i=" + filler);
        log.append(List.of(gzipped(batch)), 1);
        roll();
        append("k");
        roll();
        for (int pass = 0; pass < 2; pass++) {
            log.clean(log.durableEnd(), () -> false);
            assertThat(keyedRecords(log)).as("pass " + pass).doesNotContainValue("k=old");
            byte[] left = log.read(1, 1, log.durableEnd()).bytes();
            assertThat(RecordBatch.compression(left, 0)).as("packed again").isEqualTo(1);
            nanos += (DAY_MS + 1) * 1_000_000;
        }
        assertThat(keyedRecords(log)).containsValue("i=" + filler).doesNotContainValue("k");
    }

    private static Slice gzipped(Slice plain) throws IOException {
        byte[] bytes = plain.bytes();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.write(bytes, 0, RecordBatch.HEADER_BYTES);
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes, RecordBatch.HEADER_BYTES, plain.length() - RecordBatch.HEADER_BYTES);
        }
        byte[] batch = packed.toByteArray();
        int length = batch.length - RecordBatch.LENGTH_OVERHEAD_BYTES;
        Bytes.putInt(batch, RecordBatch.LENGTH_AT, length);
        Bytes.putShort(batch, RecordBatch.ATTRIBUTES_AT, (short) 1);
        Bytes.putInt(batch, RecordBatch.CRC_AT, RecordBatch.computeCrc(batch, 0));
        return Slice.of(batch);
    }
}
