package dev.restbus.standalone;

import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.DiskFile;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.ForwardingDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A disk that does what it is told to, to the files whose path holds a text. */
final class TroubledDisk extends ForwardingDisk {

    enum Trouble {
        NONE,
        /** Writes find no space. */
        FULL,
        /** Forces fail. */
        FORCE_FAILS,
        /** Forces do not come back until the trouble is over. */
        FORCE_HANGS,
        /** Writes hit a fault of the program. */
        BUG
    }

    /** In the place of the bus's own disk. */
    @Configuration(proxyBeanMethods = false)
    static class Wiring {
        @Bean
        Disk disk() {
            return new TroubledDisk();
        }
    }

    private volatile Trouble trouble = Trouble.NONE;
    private volatile String where = "";

    TroubledDisk() {
        super(new FileDisk());
    }

    void trouble(Trouble newTrouble, String pathPart) {
        where = pathPart;
        trouble = newTrouble;
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return new TroubledFile(path.toString(), super.open(path));
    }

    private final class TroubledFile extends ForwardingFile {
        private final String path;

        TroubledFile(String path, DiskFile file) {
            super(file);
            this.path = path;
        }

        private boolean has(Trouble wanted) {
            return trouble == wanted && path.contains(where);
        }

        /** The logs' common force is in the same trouble as those of the log. */
        private boolean forceHas(Trouble wanted) {
            return has(wanted) || (trouble == wanted && path.contains("write-ahead-"));
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            if (has(Trouble.FULL)) {
                throw new IOException("No space left on device");
            }
            if (has(Trouble.BUG)) {
                throw new IllegalStateException("a planted bug");
            }
            super.write(position, data);
        }

        @Override
        public void force() throws IOException {
            while (forceHas(Trouble.FORCE_HANGS)) {
                LockSupport.parkNanos(1_000_000);
            }
            if (forceHas(Trouble.FORCE_FAILS)) {
                throw new IOException("Input/output error");
            }
            super.force();
        }
    }
}
