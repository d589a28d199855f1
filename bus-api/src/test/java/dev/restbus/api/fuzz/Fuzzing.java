package dev.restbus.api.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fuzz test: a public class with {@code public static void fuzzerTestOneInput(byte[] input)},
 * which throws for an input that breaks what must hold. Its kept inputs stand in {@code
 * fuzz/<class>.txt} among the test resources, one a line in base64, and are tried by every build.
 * The long run has Jazzer look for new ones, in a JVM of its own, for {@code restbus.fuzz.seconds};
 * with {@code restbus.fuzz.keep} the file is written anew with the inputs that reach the most code.
 *
 * <p>Jazzer's own JUnit engine fuzzes one test a JVM and would need one of surefire for each.
 */
public abstract class Fuzzing {

    private static final int SECONDS = Integer.getInteger("restbus.fuzz.seconds", 180);
    private static final boolean KEEP = Boolean.getBoolean("restbus.fuzz.keep");
    private static final int MAX_INPUT_BYTES = 4096;
    private static final int MAX_KEPT = 300;

    /** Ends by itself; this is for one that hangs. */
    private static final Duration GRACE = Duration.ofMinutes(2);

    /** Every input that was kept holds. */
    @TestFactory
    Stream<DynamicTest> everyKeptInputHolds() throws IOException {
        return kept().stream()
                .map(
                        input ->
                                DynamicTest.dynamicTest(
                                        Base64.getEncoder().encodeToString(input),
                                        () -> tryOne(input)));
    }

    /** Jazzer finds no input that does not hold. */
    @Tag("long")
    @Test
    void noInputIsFoundThatDoesNotHold(@TempDir Path folder) throws Exception {
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        int number = 0;
        for (byte[] input : kept()) {
            Files.write(corpus.resolve("kept-" + number++), input);
        }
        jazzer(folder, "-max_total_time=" + SECONDS, corpus.toString());
        if (KEEP) {
            keep(folder, corpus);
        }
    }

    private void tryOne(byte[] input) throws Throwable {
        try {
            getClass().getMethod("fuzzerTestOneInput", byte[].class).invoke(null, (Object) input);
        } catch (java.lang.reflect.InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private List<byte[]> kept() throws IOException {
        try (InputStream in = getClass().getResourceAsStream("/" + fileName())) {
            assertThat(in).as(fileName()).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(Base64.getDecoder()::decode)
                    .toList();
        }
    }

    private String fileName() {
        return "fuzz/" + getClass().getSimpleName() + ".txt";
    }

    private void keep(Path folder, Path corpus) throws IOException, InterruptedException {
        Path merged = Files.createDirectory(folder.resolve("merged"));
        jazzer(folder, "-merge=1", merged.toString(), corpus.toString());
        List<byte[]> inputs = new ArrayList<>();
        try (Stream<Path> files = Files.list(merged)) {
            for (Path file : files.toList()) {
                inputs.add(Files.readAllBytes(file));
            }
        }
        List<String> lines =
                inputs.stream()
                        .sorted(Comparator.comparingInt(input -> input.length))
                        .limit(MAX_KEPT)
                        .map(Base64.getEncoder()::encodeToString)
                        .toList();
        Files.write(Path.of("src/test/resources", fileName()), lines);
    }

    private void jazzer(Path folder, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:-OmitStackTraceInFastThrow"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add("com.code_intelligence.jazzer.Jazzer");
        command.add("--target_class=" + getClass().getName());
        command.add("--instrumentation_includes=dev.restbus.**");
        command.add("--reproducer_path=" + folder);
        command.add("-artifact_prefix=" + folder + "/");
        command.add("-max_len=" + MAX_INPUT_BYTES);
        command.add("-timeout=20");
        command.addAll(List.of(arguments));
        Path log = folder.resolve("jazzer.log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            boolean ended = process.waitFor(SECONDS + GRACE.toSeconds(), TimeUnit.SECONDS);
            String output = Files.readString(log, StandardCharsets.ISO_8859_1);
            System.out.println(summary(output));
            assertThat(ended && process.exitValue() == 0).as(finding(output)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** What Jazzer says at the end: the exception, its stack, and the input in base64. */
    private static String finding(String output) {
        int from = output.indexOf("\n== ");
        return output.substring(from < 0 ? Math.max(0, output.length() - 2_000) : from)
                .replace("%", "%%");
    }

    private static String summary(String output) {
        List<String> told =
                output.lines()
                        .filter(line -> line.contains("DONE") || line.startsWith("Done"))
                        .toList();
        return String.join("\n", told);
    }
}
