package dev.restbus.e2e;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** An ext4 file system in a file, mounted on a folder; unmounted when closed. */
final class LoopMount implements AutoCloseable {

    private final Path image;
    private final Path folder;
    private boolean mounted;

    /**
     * Makes and mounts one.
     *
     * @param parent holds the image and the folder
     */
    LoopMount(Path parent, long sizeBytes) throws IOException {
        image = parent.resolve("disk.img");
        folder = Files.createDirectories(parent.resolve("mount"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(sizeBytes);
        }
        Machine.run("mkfs.ext4", "-q", "-F", "-m0", image.toString());
        mount();
    }

    Path folder() {
        return folder;
    }

    /** From here on nothing reaches the disk; what was not forced is gone with the next mount. */
    void cutPower() {
        Machine.run(Machine.program("power-cut").toString(), folder.toString());
    }

    /** With the power back; nobody may have a file open there. */
    void mountAgain() {
        close();
        mount();
    }

    private void mount() {
        Machine.run("mount", "-o", "loop", image.toString(), folder.toString());
        mounted = true;
    }

    /** The loop device goes with the mount. */
    @Override
    public void close() {
        if (mounted) {
            Machine.run("umount", folder.toString());
            mounted = false;
        }
    }
}
