package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The README is true: its shell blocks run in order, as a reader would type them, and the JSON
 * shown after one is what it printed. Only the ports are moved to free ones.
 */
class ReadmeTest {

    private static final String README = Checkout.read(Checkout.ROOT.resolve("README.md"));

    @TempDir Path folder;

    @Test
    void everyShellBlockWorksAsPrinted() throws Exception {
        Path launcher = folder.resolve("bus");
        Files.writeString(
                launcher, "#!/bin/sh\nexec '" + Checkout.ROOT.resolve("bus") + "' \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        String printed = "";
        int ran = 0;
        try (ShellSession session = new ShellSession(folder)) {
            for (FencedBlock block : FencedBlock.in(README)) {
                if (block.language().equals("json")) {
                    assertThat(shape(printed)).isEqualTo(shape(block.text()));
                } else if (block.language().equals("shell") && !isSkipped(block)) {
                    printed = session.run(block.text());
                    ran++;
                }
            }
        }
        assertThat(ran).isGreaterThan(5);
    }

    @Test
    void isShortAndShowsTheFirstCurlEarly() {
        List<String> lines = README.lines().toList();

        assertThat(lines).hasSizeLessThanOrEqualTo(150);
        assertThat(lines.subList(0, 30)).anyMatch(line -> line.startsWith("curl "));
    }

    /** The clone has happened, and this is the verification. */
    private static boolean isSkipped(FencedBlock block) {
        return block.text().startsWith("git clone") || block.text().startsWith("mvn ");
    }

    /** The same JSON with every time made equal. */
    private static Object shape(String json) throws IOException {
        return new JsonMapper().readTree(json.replaceAll("\\b\\d{13}\\b", "0"));
    }
}
