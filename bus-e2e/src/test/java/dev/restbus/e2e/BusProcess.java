package dev.restbus.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bus in a process of its own, started by {@code ./bus up} on a free port and known by its
 * process id, since the launcher becomes the JVM. What it prints is kept under {@code target}.
 */
final class BusProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("Restbus is ready: (http://\\S+)");
    private static final long START_TIMEOUT_S = 180;
    private static final long END_TIMEOUT_S = 30;

    private final Process process;
    private final Path log;
    private final URI url;

    private BusProcess(Process process, Path log, URI url) {
        this.process = process;
        this.log = log;
        this.url = url;
    }

    /**
     * Starts a bus and waits until it is ready.
     *
     * @param data its data folder; may hold what an earlier one left
     * @param arguments further settings, {@code --bus.security=token} for example
     */
    static BusProcess start(Path data, String... arguments) {
        return start(Map.of(), data, arguments);
    }

    /** The same with variables in its environment. */
    static BusProcess start(Map<String, String> environment, Path data, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Checkout.ROOT.resolve("bus").toString());
        command.addAll(List.of("up", "--port", "0", "--data", data.toString(), "--"));
        command.addAll(List.of(arguments));
        Path log = logFor(data);
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            return new BusProcess(process, log, awaitReady(process, log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI url() {
        return url;
    }

    long pid() {
        return process.pid();
    }

    Path log() {
        return log;
    }

    /** SIGKILL, and waits for the end. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM, and waits for the end; the exit code of the JVM. */
    int stop() {
        process.destroy();
        return awaitEnd();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }

    private int awaitEnd() {
        try {
            if (!process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the bus did not end; its log is " + log);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static URI awaitReady(Process process, Path log) {
        CompletableFuture<URI> ready = new CompletableFuture<>();
        Thread reader = new Thread(() -> keepOutput(process, log, ready), "bus-output");
        reader.setDaemon(true);
        reader.start();
        try {
            return ready.get(START_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("the bus did not become ready:\n" + Checkout.read(log), e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void keepOutput(Process process, Path log, CompletableFuture<URI> ready) {
        try (BufferedReader output =
                        new BufferedReader(
                                new InputStreamReader(
                                        process.getInputStream(), StandardCharsets.UTF_8));
                Writer kept =
                        Files.newBufferedWriter(
                                log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                kept.write(line + "\n");
                kept.flush();
                Matcher matcher = READY.matcher(line);
                if (matcher.find()) {
                    ready.complete(URI.create(matcher.group(1)));
                }
            }
            ready.completeExceptionally(new IllegalStateException("it ended"));
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    private static Path logFor(Path data) {
        Path folder = Checkout.ROOT.resolve("bus-e2e/target/bus-logs");
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path parent = data.toAbsolutePath().getParent();
        return folder.resolve(parent.getFileName() + "-" + data.getFileName() + ".log");
    }
}
