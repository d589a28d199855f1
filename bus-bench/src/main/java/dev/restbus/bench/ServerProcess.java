package dev.restbus.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A {@link BenchServer} in a JVM of its own, optimising compiler on, with its data in a folder that
 * goes when it ends. One thread.
 */
final class ServerProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("Restbus is ready: (http://\\S+)");

    /** An environment variable: further options of the server's JVM, a profiler's for example. */
    private static final String MORE_JVM_OPTIONS = "BUS_BENCH_JVM";

    private static final int LINES_KEPT = 40;

    /** Linux counts processor time in hundredths of a second. */
    private static final long NANOS_PER_TICK = 10_000_000L;

    private final Process process;
    private final Path data;
    private final URI url;

    private ServerProcess(Process process, Path data, URI url) {
        this.process = process;
        this.data = data;
        this.url = url;
    }

    static ServerProcess start() throws IOException {
        Path data = Files.createTempDirectory("bus-bench-");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseParallelGC", "-Xms1g", "-Xmx1g"));
        String more = System.getenv(MORE_JVM_OPTIONS);
        if (more != null) {
            command.addAll(List.of(more.trim().split("\\s+")));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(BenchServer.class.getName());
        command.addAll(List.of("--server.port=0", "--bus.data=" + data));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new ServerProcess(process, data, awaitReady(process));
    }

    URI url() {
        return url;
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", url.getPort());
    }

    /** Processor time it has used so far, of all its threads. */
    long cpuNanos() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(afterName[11]) + Long.parseLong(afterName[12])) * NANOS_PER_TICK;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static URI awaitReady(Process process) throws IOException {
        BufferedReader output =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Deque<String> last = new ArrayDeque<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            Matcher matcher = READY.matcher(line);
            if (matcher.find()) {
                drain(output);
                return URI.create(matcher.group(1));
            }
            last.add(line);
            if (last.size() > LINES_KEPT) {
                last.remove();
            }
        }
        throw new IOException("the server ended before it was ready:\n" + String.join("\n", last));
    }

    /** So that the server never waits for someone to read what it prints. */
    private static void drain(BufferedReader output) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                while (output.readLine() != null) {}
                            } catch (IOException e) {
                                // It ended.
                            }
                        },
                        "server-output");
        thread.setDaemon(true);
        thread.start();
    }
}
