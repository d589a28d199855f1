package dev.restbus.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The tools of this machine that the long runs with real faults need: Linux, a C compiler, and for
 * mounts root and the ext4 tools. A run without them fails and says so; it is never skipped.
 */
final class Machine {

    private static final long TIMEOUT_S = 60;

    private Machine() {}

    /** Runs a command to its end; what it printed. */
    static String run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError(
                        "this run needs Linux, root, gcc, mkfs.ext4 and loop mounts; failed: "
                                + String.join(" ", command)
                                + "\n"
                                + output);
            }
            return output;
        } catch (IOException e) {
            throw new AssertionError(
                    "this run needs Linux, root, gcc and the ext4 tools; " + command[0], e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A program of {@code src/test/native}, compiled. */
    static Path program(String name) {
        return compile(name + ".c", name, List.of());
    }

    /** A library of {@code src/test/native} to preload, compiled. */
    static Path library(String name) {
        return compile(name + ".c", name + ".so", List.of("-shared", "-fPIC", "-ldl"));
    }

    private static Path compile(String source, String name, List<String> options) {
        Path module = Checkout.ROOT.resolve("bus-e2e");
        Path built = module.resolve("target/native").resolve(name);
        try {
            Files.createDirectories(built.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-o"));
        command.add(built.toString());
        command.add(module.resolve("src/test/native").resolve(source).toString());
        command.addAll(options);
        run(command.toArray(String[]::new));
        return built;
    }
}
