package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One terminal of a reader. {@code ./bus up} and {@code ./bus demo} stay until the next {@code
 * ./bus} command or the end; everything else has to end well by itself, and a curl that is answered
 * with an error has not.
 */
final class ShellSession implements AutoCloseable {

    private static final Pattern STAYS = Pattern.compile("^\\./bus (up|demo)\\b");
    private static final Pattern READY = Pattern.compile("Restbus is ready: |Ctrl-C ends them");
    private static final String STRICT =
            "set -euo pipefail; curl() { command curl -sS %s --max-time 60 \"$@\"; }\n";

    private final Path folder;
    private final int port;
    private @Nullable Process running;

    ShellSession(Path folder) {
        this(folder, DemoPorts.free());
    }

    private ShellSession(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** Of someone whose bus runs already, on this port. */
    static ShellSession at(Path folder, int port) {
        return new ShellSession(folder, port);
    }

    /** Runs a block and gives what it printed; waits until it is ready where it stays. */
    String run(String block) throws IOException, InterruptedException {
        if (block.startsWith("./bus")) {
            stopRunning();
        }
        return STAYS.matcher(block).find() ? startAndStay(moved(block)) : answered(moved(block));
    }

    /** As {@link #run}, of a block whose last call is answered with an error. */
    String runRefused(String block) throws IOException, InterruptedException {
        return runToEnd(STRICT.formatted("") + moved(block));
    }

    @Override
    public void close() throws InterruptedException {
        stopRunning();
    }

    private String moved(String block) {
        String moved = STAYS.matcher(block).replaceFirst("$0 --port " + port);
        for (int step : DemoPorts.STEPS) {
            moved =
                    moved.replace(
                            "localhost:" + (DemoPorts.USUAL + step), "localhost:" + (port + step));
        }
        return moved;
    }

    private String answered(String block) throws IOException, InterruptedException {
        return runToEnd(STRICT.formatted("--fail-with-body") + block);
    }

    private String runToEnd(String block) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "block", ".out");
        Process process = start(block, output);
        if (!process.waitFor(180, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        assertThat(process.waitFor()).as("%s%n%s", block, Checkout.read(output)).isZero();
        return Checkout.read(output).strip();
    }

    private String startAndStay(String block) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "stays", ".out");
        Process process = start("exec " + block, output);
        running = process;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
        while (!READY.matcher(Checkout.read(output)).find()) {
            boolean ended = process.waitFor(100, TimeUnit.MILLISECONDS);
            if (ended || System.nanoTime() > deadline) {
                throw new AssertionError(block + " was not ready:\n" + Checkout.read(output));
            }
        }
        return Checkout.read(output);
    }

    private Process start(String script, Path output) throws IOException {
        return new ProcessBuilder("bash", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private void stopRunning() throws InterruptedException {
        Process process = running;
        if (process == null) {
            return;
        }
        running = null;
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError("did not end within a minute of SIGTERM");
        }
    }
}
