package dev.restbus.broker.log;

import static dev.restbus.broker.log.LogFixture.ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Slice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log does what a list does, through rolls, reopens, crashes and torn tails. */
class FileLogModelTest {

    private static final int STEPS = 250;

    @TempDir Path temp;

    private Random random;
    private FileLog log;
    private Path folder;
    private int folders;
    private int epoch = 1;

    /** What was appended, and how many of it no crash may take back. */
    private final List<String> model = new ArrayList<>();

    private int durable;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theLogDoesWhatAListDoes(long seed) throws Exception {
        random = new Random(seed);
        folder = temp.resolve("log");
        log = open();
        for (int step = 0; step < STEPS; step++) {
            step();
            assertThat(log.logEnd()).as("seed %d step %d", seed, step).isEqualTo(model.size());
            assertThat(log.durableEnd()).isBetween((long) durable, log.logEnd());
        }
        log.close();
        LogFixture.assertSound(folder);
        log = open();
        assertThat(LogFixture.values(log)).isEqualTo(model);
        log.close();
    }

    private FileLog open() {
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(1024 + random.nextInt(20_000));
        return FileLog.open(FaultyDisk.thatOnlyNotesForces(), folder, ID, settings);
    }

    private void step() throws Exception {
        switch (random.nextInt(20)) {
            case 0:
                log.close();
                log = open();
                durable = model.size();
                break;
            case 1:
                crash();
                break;
            case 2:
            case 3:
                durable = (int) log.force();
                assertThat(durable).isEqualTo(model.size());
                break;
            case 4:
                epoch += random.nextInt(3);
                break;
            case 5:
            case 6:
            case 7:
            case 8:
            case 9:
                read();
                break;
            default:
                append();
        }
    }

    private void append() {
        List<Slice> batches = new ArrayList<>();
        int first = model.size();
        for (int b = 1 + random.nextInt(3); b > 0; b--) {
            String[] values = new String[1 + random.nextInt(4)];
            for (int i = 0; i < values.length; i++) {
                values[i] = model.size() + "x".repeat(random.nextInt(400));
                model.add(values[i]);
            }
            batches.add(LogFixture.batch(values));
        }
        assertThat(log.append(batches, epoch)).isEqualTo(first);
        assertThat(log.lastEpoch()).isEqualTo(epoch);
    }

    private void read() {
        if (model.isEmpty()) {
            return;
        }
        int from = random.nextInt(model.size());
        PartitionLog.LogSlice slice = log.read(from, random.nextInt(5_000), model.size());
        List<String> values = new ArrayList<>();
        LogFixture.addValues(slice, from, values);
        assertThat(values).isNotEmpty();
        assertThat(values).isEqualTo(model.subList(from, from + values.size()));
    }

    /** The folder as it is, some of the last file cut off: but nothing that was forced. */
    private void crash() throws Exception {
        Path copy = temp.resolve("crash-" + folders++);
        LogFixture.copyFolder(folder, copy);
        long forcedBytes = log.sizeBytes() - log.unforcedBytes();
        log.close();
        folder = copy;
        long size = 0;
        for (long base : LogFiles.baseOffsets(new FileDisk(), copy, LogFiles.LOG_SUFFIX)) {
            try (DiskFile file = new FileDisk().open(LogFiles.log(copy, base))) {
                long kept = Math.max(0, forcedBytes - size);
                size += file.size();
                if (kept < file.size() && random.nextBoolean()) {
                    long tail = file.size() - kept;
                    file.truncate(kept + (long) (random.nextDouble() * tail));
                }
            }
        }
        LogFixture.assertUndamaged(copy);
        log = open();
        int survived = (int) log.logEnd();
        assertThat(survived).isBetween(durable, model.size());
        model.subList(survived, model.size()).clear();
        durable = survived;
        assertThat(LogFixture.values(log)).isEqualTo(model);
    }
}
