package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which leader epoch each offset was written under: a list of (epoch, start offset), both strictly
 * ascending, in a small text file that ends with its CRC-32C (KIP-101). One thread at a time
 * changes it; any thread asks.
 */
final class LeaderEpochs {

    private static final int MAX_FILE_BYTES = 16 << 20;
    private static final String HEAD = "v1\n";

    /**
     * @param epochs ascending
     * @param starts the first offset of each; ascending
     */
    private record Entries(int[] epochs, long[] starts) {
        static final Entries NONE = new Entries(new int[0], new long[0]);

        Entries before(long offset) {
            int kept = Arrays.binarySearch(starts, offset);
            kept = kept < 0 ? -kept - 1 : kept;
            return new Entries(Arrays.copyOf(epochs, kept), Arrays.copyOf(starts, kept));
        }

        Entries with(int epoch, long start) {
            int n = epochs.length;
            Entries more = new Entries(Arrays.copyOf(epochs, n + 1), Arrays.copyOf(starts, n + 1));
            more.epochs[n] = epoch;
            more.starts[n] = start;
            return more;
        }
    }

    private final Disk disk;
    private final Path path;
    private volatile Entries entries;

    private LeaderEpochs(Disk disk, Path folder, Entries entries) {
        this.disk = disk;
        this.path = folder.resolve(LogFiles.EPOCHS);
        this.entries = entries;
    }

    static LeaderEpochs empty(Disk disk, Path folder) {
        return new LeaderEpochs(disk, folder, Entries.NONE);
    }

    /** Reads the file of the folder; null if it is missing or damaged. */
    static @Nullable LeaderEpochs read(Disk disk, Path folder) throws IOException {
        String text = LogFiles.readText(disk, folder.resolve(LogFiles.EPOCHS), MAX_FILE_BYTES);
        Entries entries = text == null || !text.startsWith(HEAD) ? null : parse(text);
        return entries == null ? null : new LeaderEpochs(disk, folder, entries);
    }

    int size() {
        return entries.epochs.length;
    }

    /** The epoch that was current at an offset; 0 if none was. */
    int at(long offset) {
        Entries now = entries;
        int i = Arrays.binarySearch(now.starts, offset);
        int floor = i < 0 ? -i - 2 : i;
        return floor < 0 ? 0 : now.epochs[floor];
    }

    /** The greatest epoch, 0 if there is none. */
    int last() {
        Entries now = entries;
        return now.epochs.length == 0 ? 0 : now.epochs[now.epochs.length - 1];
    }

    /** Whether epochs and start offsets both ascend, as they must. */
    boolean isAscending() {
        Entries now = entries;
        for (int i = 1; i < now.epochs.length; i++) {
            if (now.epochs[i] <= now.epochs[i - 1] || now.starts[i] <= now.starts[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /** The start offset of the greatest epoch, 0 if there is none. */
    long lastStart() {
        Entries now = entries;
        return now.starts.length == 0 ? 0 : now.starts[now.starts.length - 1];
    }

    /** Notes an epoch that begins at {@code start}; durable when this returns. */
    void begin(int epoch, long start) throws IOException {
        Entries next = entries.before(start).with(epoch, start);
        write(next);
        entries = next;
    }

    /** Notes, in memory only, the epoch of a batch; for {@link #save} after a rebuild. */
    void learn(int epoch, long baseOffset) {
        if (epoch > last() || size() == 0) {
            entries = entries.with(epoch, baseOffset);
        }
    }

    /** Drops the epochs that begin behind {@code end}; durable when this returns. */
    void truncate(long end) throws IOException {
        if (size() > 0 && lastStart() > end) {
            entries = entries.before(end + 1);
            save();
        }
    }

    void save() throws IOException {
        write(entries);
    }

    private void write(Entries toWrite) throws IOException {
        StringBuilder text = new StringBuilder(HEAD);
        for (int i = 0; i < toWrite.epochs.length; i++) {
            text.append(toWrite.epochs[i]).append(' ').append(toWrite.starts[i]).append('\n');
        }
        LogFiles.replaceText(disk, path, text.toString());
    }

    private static Entries parse(String text) {
        Entries entries = Entries.NONE;
        for (String line : text.substring(HEAD.length()).split("\n")) {
            if (!line.isEmpty()) {
                int space = line.indexOf(' ');
                int epoch = Integer.parseInt(line.substring(0, space));
                entries = entries.with(epoch, Long.parseLong(line.substring(space + 1)));
            }
        }
        return entries;
    }
}
