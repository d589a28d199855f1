package dev.restbus.e2e;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code ./bus demo} on free ports. */
final class DemoProcess implements AutoCloseable {

    private static final long START_TIMEOUT_S = 300;
    private static final long END_TIMEOUT_S = 60;

    private final Process launcher;
    private final Path output;
    private final int port;

    private DemoProcess(Process launcher, Path output, int port) {
        this.launcher = launcher;
        this.output = output;
        this.port = port;
    }

    /** Starts it with its data in a folder, and waits for its card. */
    static DemoProcess start(Path folder) throws IOException, InterruptedException {
        int port = DemoPorts.free();
        Path output = folder.resolve("demo.out");
        Process launcher =
                new ProcessBuilder(
                                Checkout.ROOT.resolve("bus").toString(),
                                "demo",
                                "--port",
                                Integer.toString(port),
                                "--data",
                                folder.resolve("data").toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        DemoProcess demo = new DemoProcess(launcher, output, port);
        demo.awaitCard();
        return demo;
    }

    /** The application at one of {@link DemoPorts#STEPS}. */
    URI url(int step) {
        return URI.create("http://localhost:" + (port + step));
    }

    String output() {
        return Checkout.read(output);
    }

    /** The JVMs that it started. */
    List<ProcessHandle> applications() {
        return launcher.children()
                .filter(child -> commandLine(child).contains("target/bus/apps/"))
                .toList();
    }

    ProcessHandle applicationOf(String module) {
        return applications().stream()
                .filter(child -> commandLine(child).contains("apps/" + module + "/app.jar"))
                .findFirst()
                .orElseThrow();
    }

    /** SIGTERM to the launcher alone. */
    void stop() {
        launcher.destroy();
    }

    int awaitExit() throws InterruptedException {
        if (!launcher.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new AssertionError("the demo did not end:\n" + output());
        }
        return launcher.exitValue();
    }

    @Override
    public void close() {
        launcher.descendants().forEach(ProcessHandle::destroyForcibly);
        launcher.destroyForcibly();
    }

    private void awaitCard() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_S);
        while (!output().contains("Ctrl-C ends them")) {
            boolean ended = launcher.waitFor(100, TimeUnit.MILLISECONDS);
            if (ended || System.nanoTime() > deadline) {
                close();
                throw new AssertionError("the demo did not start:\n" + output());
            }
        }
    }

    private static String commandLine(ProcessHandle process) {
        return process.info().commandLine().orElse("");
    }
}
