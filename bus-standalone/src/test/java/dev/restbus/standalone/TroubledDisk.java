package dev.restbus.standalone;

import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.DiskFile;
import dev.restbus.broker.log.FileDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A disk that does what it is told to, to the files whose path holds a text. */
final class TroubledDisk implements Disk {

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

    private final Disk disk = new FileDisk();
    private volatile Trouble trouble = Trouble.NONE;
    private volatile String where = "";

    void trouble(Trouble newTrouble, String pathPart) {
        where = pathPart;
        trouble = newTrouble;
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return new TroubledFile(path.toString(), disk.open(path));
    }

    @Override
    public boolean exists(Path path) throws IOException {
        return disk.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return disk.size(path);
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        return disk.list(folder);
    }

    @Override
    public boolean isFolder(Path path) throws IOException {
        return disk.isFolder(path);
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        disk.createFolders(folder);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.delete(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        disk.forceFolder(folder);
    }

    @Override
    public Closeable tryLock(Path lockFile) throws IOException {
        return disk.tryLock(lockFile);
    }

    private final class TroubledFile implements DiskFile {
        private final String path;
        private final DiskFile file;

        TroubledFile(String path, DiskFile file) {
            this.path = path;
            this.file = file;
        }

        private boolean has(Trouble wanted) {
            return trouble == wanted && path.contains(where);
        }

        /** The logs' common force is in the same trouble as those of the log. */
        private boolean forceHas(Trouble wanted) {
            return has(wanted) || (trouble == wanted && path.contains("write-ahead-"));
        }

        @Override
        public int read(long position, byte[] into, int at, int length) throws IOException {
            return file.read(position, into, at, length);
        }

        @Override
        public void write(long position, List<Slice> data) throws IOException {
            if (has(Trouble.FULL)) {
                throw new IOException("No space left on device");
            }
            if (has(Trouble.BUG)) {
                throw new IllegalStateException("a planted bug");
            }
            file.write(position, data);
        }

        @Override
        public void force() throws IOException {
            while (forceHas(Trouble.FORCE_HANGS)) {
                LockSupport.parkNanos(1_000_000);
            }
            if (forceHas(Trouble.FORCE_FAILS)) {
                throw new IOException("Input/output error");
            }
            file.force();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            file.truncate(sizeBytes);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
