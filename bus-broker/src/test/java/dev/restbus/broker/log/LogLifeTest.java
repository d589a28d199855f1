package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole life of a log against a list of what was appended: appends, forces, rolls, reads by
 * offset and time, deletes from the front, retention, compaction, restarts and power cuts in any
 * order. Nothing durable is lost but what the rules take, nothing is invented, nothing comes back.
 */
class LogLifeTest {

    private static final Path FOLDER = Path.of("/data/log");
    private static final int CUTS = 60;
    private static final int STEPS = 80;
    private static final int KEYS = 12;

    private record Stored(@Nullable String key, @Nullable String value, long timestampMs) {}

    private Random random;
    private PowerCutDisk disk;
    private FileLog log;
    private String when = "";
    private long nanos;
    private int epoch = 1;
    private boolean compacted;

    /** Whether it was asked to compact: a cut can hide that it did. */
    private boolean mayBeCompacted;

    /** Everything appended, by its offset; what a cut took back is taken out. */
    private final List<Stored> model = new ArrayList<>();

    private long durable;
    private long start;

    /** Where the log may start after a call that was cut off. */
    private long mayStart;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void aLogDoesWhatItsRulesSay(long seed) throws Exception {
        System.out.println("LogLifeTest seed " + seed);
        random = new Random(seed);
        disk = new PowerCutDisk(random);
        for (int cut = 0; cut < CUTS; cut++) {
            when = "seed " + seed + " cut " + cut;
            disk.callsLeft = random.nextInt(400);
            try {
                live();
                log.close();
                durable = model.size();
            } catch (PowerCutDisk.NoPower e) {
                disk = disk.afterCut();
            }
            disk.callsLeft = Long.MAX_VALUE;
            assertUndamaged();
        }
        assertThat(start).as("something was deleted").isPositive();
        assertThat(compacted).as("something was compacted").isTrue();
    }

    private void live() {
        open();
        for (int step = 0; step < STEPS; step++) {
            step();
        }
    }

    private void open() {
        Retention retention =
                new Retention(
                        random.nextInt(3) == 0 ? 5_000 : -1,
                        random.nextInt(3) == 0 ? 20_000 : -1,
                        random.nextInt(3) == 0 ? 500 : Long.MAX_VALUE,
                        random.nextInt(4) == 0 ? -1 : random.nextInt(2_000));
        LogSettings settings =
                new LogSettings(
                                1024 + random.nextInt(4_000),
                                1 << 20,
                                Fsync.GROUP,
                                1_000,
                                () -> nanos)
                        .withRetention(retention);
        log = FileLog.open(disk, FOLDER, ID, settings);
        assertThat(log.logEnd()).as(when).isBetween(durable, (long) model.size());
        model.subList((int) log.logEnd(), model.size()).clear();
        durable = model.size();
        assertThat(log.logStart()).as(when).isBetween(start, Math.max(start, mayStart));
        start = log.logStart();
        assertReadsAreRight();
    }

    private void step() {
        nanos += random.nextInt(300) * 1_000_000L;
        switch (random.nextInt(16)) {
            case 0:
                epoch += random.nextInt(2);
                break;
            case 1:
            case 2:
            case 3:
                durable = log.force();
                assertThat(durable).as(when).isEqualTo(model.size());
                break;
            case 4:
                mayStart = Math.max(start, durable - random.nextInt(40));
                start = log.startAt(mayStart);
                assertThat(start).as(when).isEqualTo(mayStart);
                break;
            case 5:
                mayStart = durable;
                log.keep(durable);
                start = log.logStart();
                break;
            case 6:
                mayBeCompacted = true;
                compacted |= log.clean(durable, () -> false);
                break;
            case 7:
                assertReadsAreRight();
                break;
            default:
                append();
        }
    }

    private void append() {
        List<Slice> batches = new ArrayList<>();
        for (int b = 1 + random.nextInt(3); b > 0; b--) {
            BatchBuilder builder = new BatchBuilder(64);
            builder.begin();
            for (int r = 1 + random.nextInt(4); r > 0; r--) {
                Stored stored = someRecord();
                model.add(stored);
                builder.append(
                        stored.timestampMs(),
                        stored.key() == null ? null : Slice.utf8(stored.key()),
                        stored.value() == null ? null : Slice.utf8(stored.value()),
                        new RecordHeaders());
            }
            int size = builder.finish(0);
            batches.add(Slice.of(Arrays.copyOf(builder.bytes(), size)));
        }
        log.append(batches, epoch);
    }

    private Stored someRecord() {
        String key = random.nextInt(15) == 0 ? null : "k" + random.nextInt(KEYS);
        boolean tombstone = key != null && random.nextInt(5) == 0;
        String value = model.size() + "x".repeat(random.nextInt(60));
        long timestampMs = nanos / 1_000_000 - random.nextInt(2_000);
        return new Stored(key, tombstone ? null : value, timestampMs);
    }

    private void assertReadsAreRight() {
        TreeMap<Long, Stored> read = readAll();
        Map<String, Long> newest = new HashMap<>();
        for (int offset = 0; offset < model.size(); offset++) {
            if (model.get(offset).key() != null) {
                newest.put(model.get(offset).key(), (long) offset);
            }
        }
        for (long offset = log.logStart(); offset < model.size(); offset++) {
            Stored expected = model.get((int) offset);
            Stored found = read.get(offset);
            if (found != null) {
                assertThat(found).as("%s offset %d", when, offset).isEqualTo(expected);
            } else {
                assertMayBeGone(offset, expected, newest, read);
            }
        }
        assertThat(read.headMap(log.logStart())).as(when).isEmpty();
        assertFindsByTime(read);
    }

    /** Only what a newer record replaced, or a tombstone with nothing left before it. */
    private void assertMayBeGone(
            long offset, Stored record, Map<String, Long> newest, TreeMap<Long, Stored> read) {
        String what = when + " offset " + offset + " " + record;
        assertThat(mayBeCompacted).as(what).isTrue();
        assertThat(record.key()).as(what).isNotNull();
        if (newest.get(record.key()) == offset) {
            assertThat(record.value()).as(what).isNull();
            assertThat(read.values()).as(what).noneMatch(r -> record.key().equals(r.key()));
        }
    }

    private TreeMap<Long, Stored> readAll() {
        TreeMap<Long, Stored> read = new TreeMap<>();
        RecordReader record = new RecordReader();
        long offset = log.logStart();
        while (offset < log.logEnd()) {
            PartitionLog.LogSlice slice = log.read(offset, 1 + random.nextInt(3_000), log.logEnd());
            byte[] bytes = slice.bytes();
            assertThat(slice.length()).as(when).isPositive();
            for (int at = 0; at < slice.length(); at += RecordBatch.sizeBytes(bytes, at)) {
                record.over(bytes, at);
                while (record.next()) {
                    if (record.offset() >= log.logStart()) {
                        read.put(record.offset(), stored(record));
                    }
                }
                offset = RecordBatch.nextOffset(bytes, at);
            }
        }
        return read;
    }

    private static Stored stored(RecordReader record) {
        Slice key = record.key();
        Slice value = record.value();
        return new Stored(
                key == null ? null : key.text(),
                value == null ? null : value.text(),
                record.timestampMs());
    }

    private void assertFindsByTime(TreeMap<Long, Stored> read) {
        long timestampMs = nanos / 1_000_000 - random.nextInt(10_000);
        long expected =
                read.entrySet().stream()
                        .filter(entry -> entry.getValue().timestampMs() >= timestampMs)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse(log.logEnd());
        assertThat(log.firstAt(timestampMs, log.logEnd())).as(when).isEqualTo(expected);
    }

    private void assertUndamaged() throws IOException {
        LogCheck.Report report = LogCheck.checkLog(disk, FOLDER);
        assertThat(report.findings().stream().filter(LogCheck.Finding::damage)).as(when).isEmpty();
    }
}
