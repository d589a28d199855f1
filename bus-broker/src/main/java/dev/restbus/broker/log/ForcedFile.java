package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.util.List;

/** A file that is forced after each write. */
final class ForcedFile implements DurableFile {

    private final DiskFile file;

    ForcedFile(DiskFile file) {
        this.file = file;
    }

    @Override
    public void write(long position, byte[] bytes, int length) throws IOException {
        file.write(position, List.of(new Slice(bytes, 0, length)));
        file.force();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
