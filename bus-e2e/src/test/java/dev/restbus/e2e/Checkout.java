package dev.restbus.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The checkout that these tests are part of: where its modules, sources and built jars are. */
final class Checkout {

    static final Path ROOT = root();

    private Checkout() {}

    /** The folders that hold a module, whether or not it has sources. */
    static List<Path> modules() {
        return list(ROOT).filter(folder -> Files.exists(folder.resolve("pom.xml"))).toList();
    }

    /** The compiled classes of each module that has any main sources. */
    static List<Path> mainClasses() {
        return modules().stream()
                .filter(module -> Files.exists(module.resolve("src/main/java")))
                .map(module -> module.resolve("target/classes"))
                .toList();
    }

    /** Every Java source below {@code folder} of a module, {@code src/main/java} for example. */
    static List<Path> sources(String folder) {
        return modules().stream()
                .map(module -> module.resolve(folder))
                .filter(Files::exists)
                .flatMap(Checkout::walk)
                .filter(file -> file.toString().endsWith(".java"))
                .sorted()
                .toList();
    }

    /** The runnable jar of an application module. */
    static Path execJar(String module) {
        return list(ROOT.resolve(module).resolve("target"))
                .filter(file -> file.getFileName().toString().endsWith("-exec.jar"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(module + " is not packaged"));
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("bus-api"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static Stream<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> walk(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
