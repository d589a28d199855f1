package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts one file in the place of some segments in a row, so that a crash at any step leaves the old
 * ones or the new one: Kafka's protocol of {@code .cleaned} and {@code .swap} files, with the
 * offsets that are replaced in the name.
 *
 * <ol>
 *   <li>{@code <base>.cleaned} is written and forced; found at a start, it is deleted
 *   <li>it is renamed to {@code <base>-<end>.swap}: from here on it counts, and a start goes on
 *   <li>the old segments and their indexes are deleted
 *   <li>it is renamed to {@code <base>.log}
 * </ol>
 *
 * <p>The names are forced after each step, so that none is durable before the one above it.
 *
 * @param base the first offset replaced
 * @param end behind the last one
 */
record SegmentSwap(long base, long end) {

    private static final String CLEANED_SUFFIX = ".cleaned";
    private static final String SWAP_SUFFIX = ".swap";

    static Path cleaned(Path folder, long base) {
        return folder.resolve(base + CLEANED_SUFFIX);
    }

    Path swap(Path folder) {
        return folder.resolve(base + "-" + end + SWAP_SUFFIX);
    }

    /** From the second step on; the cleaned file is whole and forced. */
    void commit(Disk disk, Path folder) throws IOException {
        disk.rename(cleaned(folder, base), swap(folder));
        disk.forceFolder(folder);
        finish(disk, folder);
    }

    private void finish(Disk disk, Path folder) throws IOException {
        for (long old : LogFiles.baseOffsets(disk, folder, LogFiles.LOG_SUFFIX)) {
            if (old > base && old < end) {
                LogFiles.deleteSegment(disk, folder, old);
            }
        }
        disk.delete(LogFiles.index(folder, base));
        disk.delete(LogFiles.times(folder, base));
        disk.forceFolder(folder);
        disk.rename(swap(folder), LogFiles.log(folder, base));
        disk.forceFolder(folder);
    }

    /** At a start: finishes what counts and deletes what does not. */
    static void recover(Disk disk, Path folder) throws IOException {
        for (String name : disk.list(folder)) {
            if (name.endsWith(CLEANED_SUFFIX)) {
                disk.delete(folder.resolve(name));
            }
        }
        for (SegmentSwap swap : pending(disk, folder)) {
            swap.finish(disk, folder);
        }
    }

    /** Those that count and are not finished. */
    static List<SegmentSwap> pending(Disk disk, Path folder) throws IOException {
        List<SegmentSwap> pending = new ArrayList<>();
        for (String name : disk.list(folder)) {
            SegmentSwap swap = name.endsWith(SWAP_SUFFIX) ? parse(name) : null;
            if (swap != null) {
                pending.add(swap);
            }
        }
        return pending;
    }

    private static @Nullable SegmentSwap parse(String name) {
        String[] parts = name.substring(0, name.length() - SWAP_SUFFIX.length()).split("-");
        try {
            return parts.length == 2
                    ? new SegmentSwap(Long.parseLong(parts[0]), Long.parseLong(parts[1]))
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
