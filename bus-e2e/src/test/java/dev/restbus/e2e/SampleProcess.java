package dev.restbus.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One of the samples in a process of its own, from its runnable jar, on a free port. */
final class SampleProcess implements AutoCloseable {

    private static final long START_TIMEOUT_S = 120;

    private final Process process;
    private final Path log;
    private final URI url;

    private SampleProcess(Process process, Path log, URI url) {
        this.process = process;
        this.log = log;
        this.url = url;
    }

    /**
     * Starts a sample and waits until it is ready.
     *
     * @param arguments further settings, {@code --sample.traffic=true} for example
     */
    static SampleProcess start(String module, URI bus, String... arguments) {
        try {
            int port = freePort();
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                    "-XX:TieredStopAtLevel=1",
                                    "-XX:+UseSerialGC",
                                    "-jar",
                                    Checkout.execJar(module).toString(),
                                    "--server.port=" + port,
                                    "--bus.client.url=" + bus));
            command.addAll(List.of(arguments));
            Path folder = Checkout.ROOT.resolve("bus-e2e/target/bus-logs");
            Path log = Files.createDirectories(folder).resolve(module + "-" + port + ".log");
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            SampleProcess sample =
                    new SampleProcess(process, log, URI.create("http://127.0.0.1:" + port));
            sample.awaitReady();
            return sample;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI url() {
        return url;
    }

    /** SIGTERM, and waits for the end. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void awaitReady() {
        BusHttp http = new BusHttp(url);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_S);
        while (!isReady(http)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new AssertionError("a sample did not start:\n" + Checkout.read(log));
            }
        }
    }

    private boolean isReady(BusHttp http) {
        try {
            return !process.waitFor(100, TimeUnit.MILLISECONDS)
                    && http.get("/actuator/health/readiness").status() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
