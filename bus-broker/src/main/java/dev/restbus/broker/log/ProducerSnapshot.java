package dev.restbus.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a partition knew of its producers when its log ended at an offset; the batches from there on
 * tell the rest. Kept in a text file of the log's folder that ends with its CRC-32C, written whole
 * and durably, and only once all below the offset is forced. Immutable.
 *
 * @param endOffset not beyond the durable end
 * @param lines ASCII, each with its line feed; what they mean is the partition's business
 */
public record ProducerSnapshot(long endOffset, String lines) {

    private static final String HEAD = "v1 ";
    private static final int MAX_FILE_BYTES = 64 << 20;

    void write(Disk disk, Path folder) throws IOException {
        LogFiles.replaceText(
                disk, folder.resolve(LogFiles.PRODUCERS), HEAD + endOffset + '\n' + lines);
    }

    /** Null if there is none or it is damaged: the log's batches tell all of it again. */
    static @Nullable ProducerSnapshot read(Disk disk, Path folder) throws IOException {
        String text = LogFiles.readText(disk, folder.resolve(LogFiles.PRODUCERS), MAX_FILE_BYTES);
        int headEnd = text == null ? -1 : text.indexOf('\n');
        if (text == null || headEnd < 0 || !text.startsWith(HEAD)) {
            return null;
        }
        try {
            long endOffset = Long.parseLong(text.substring(HEAD.length(), headEnd));
            return new ProducerSnapshot(endOffset, text.substring(headEnd + 1));
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
