package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the scripts of {@code bus-e2e/browser} with Node in a real headless Chromium. */
final class Browser {

    private static final Path SCRIPTS = Checkout.ROOT.resolve("bus-e2e/browser");
    private static final Path TARGET = Checkout.ROOT.resolve("bus-e2e/target");

    private Browser() {}

    /** Where a script unpacks the browser to. */
    static Path folder() {
        return TARGET.resolve("chromium");
    }

    /** A file for a picture that someone may want to look at. */
    static Path screenshot(String name) throws IOException {
        Path file = TARGET.resolve("screenshots").resolve(name + ".png");
        Files.createDirectories(file.getParent());
        Files.deleteIfExists(file);
        return file;
    }

    /** Runs a script to its end and gives the JSON document that it printed. */
    static JsonNode run(String script, Object... arguments)
            throws IOException, InterruptedException {
        installOnce();
        List<String> command = new ArrayList<>(List.of("node", script));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return new JsonMapper().readTree(execute(command, 120));
    }

    private static void installOnce() throws IOException, InterruptedException {
        if (!Files.exists(SCRIPTS.resolve("node_modules/.package-lock.json"))) {
            execute(List.of("npm", "ci"), 300);
        }
    }

    private static String execute(List<String> command, long timeoutS)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(Files.createDirectories(TARGET), "node", ".out");
        Path errors = Files.createTempFile(TARGET, "node", ".err");
        Process process =
                new ProcessBuilder(command)
                        .directory(SCRIPTS.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start();
        if (!process.waitFor(timeoutS, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertThat(process.waitFor())
                .as("%s%n%s%s", command, Checkout.read(output), Checkout.read(errors))
                .isZero();
        String printed = Checkout.read(output);
        Files.delete(output);
        Files.delete(errors);
        return printed;
    }
}
