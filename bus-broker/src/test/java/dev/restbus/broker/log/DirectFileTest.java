package dev.restbus.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DirectFileTest {

    /** Of no block's size: whoever writes past the page cache refuses it. */
    private static final int ODD_BYTES = 100;

    @TempDir Path folder;
    private Path path;
    private DurableFile file;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("durable");
        file = new FileDisk().openDurable(path);
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    @Test
    void whatIsWrittenIsThereWhateverItsSize() throws Exception {
        byte[] content = bytes(100 * Disk.BLOCK_BYTES);
        file.write(0, content, content.length);
        byte[] other = bytes(2 * Disk.BLOCK_BYTES);
        file.write(3 * Disk.BLOCK_BYTES, other, Disk.BLOCK_BYTES);

        System.arraycopy(other, 0, content, 3 * Disk.BLOCK_BYTES, Disk.BLOCK_BYTES);
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    @Test
    void whereItIsRefusedFromTheFirstWriteOnItIsWrittenAndForced() throws Exception {
        byte[] content = bytes(2 * Disk.BLOCK_BYTES);
        file.write(0, content, ODD_BYTES);
        assertThat(Files.readAllBytes(path)).isEqualTo(Arrays.copyOf(content, ODD_BYTES));

        file.write(0, content, content.length);
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere files are written and forced")
    void onceItWorkedARefusalIsAFailure() throws Exception {
        byte[] content = bytes(Disk.BLOCK_BYTES);
        file.write(0, content, content.length);
        assertThatThrownBy(() -> file.write(Disk.BLOCK_BYTES, content, ODD_BYTES))
                .isInstanceOf(IOException.class);
    }

    @Test
    void anInterruptDoesNotEndIt() throws Exception {
        byte[] content = bytes(Disk.BLOCK_BYTES);
        Thread.currentThread().interrupt();
        file.write(0, content, content.length);
        assertThat(Thread.interrupted()).isTrue();
        file.write(Disk.BLOCK_BYTES, content, content.length);
        assertThat(Files.size(path)).isEqualTo(2 * Disk.BLOCK_BYTES);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
