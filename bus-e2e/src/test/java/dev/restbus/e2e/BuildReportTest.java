package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Ends the build with two lists: the tests that ran, in all modules, and the long runs. It runs
 * after all others.
 */
class BuildReportTest {

    private static final Pattern SUITE =
            Pattern.compile(
                    "<testsuite [^>]*? name=\"([\\w.$]+)\" time=\"([\\d.,]+)\" tests=\"(\\d+)\""
                            + " errors=\"\\d+\" skipped=\"(\\d+)\"");

    private static final Pattern LONG_RUN =
            Pattern.compile("@Tag\\(\"long\"\\)\\s+(?:@\\w+[^\\n]*\\s+)*?(?:\\w+ )*void (\\w+)");

    private record Suite(String module, String name, String seconds, int tests, int skipped) {}

    @Test
    void listsWhatRanAndTheLongRuns() throws IOException {
        List<Suite> suites = suites();
        System.out.println("\nTests that ran\n");
        for (Suite suite : suites) {
            System.out.printf(
                    "  %-20s %-44s %5d tests %8s s%n",
                    suite.module(), suite.name(), suite.tests(), suite.seconds());
        }
        System.out.printf(
                "%n  %d tests in %d classes%n",
                suites.stream().mapToInt(Suite::tests).sum(), suites.size());
        boolean left = "long".equals(System.getProperty("restbus.excluded"));
        System.out.printf(
                "%nLong runs, %s%n%n",
                left ? "which were left out: mvn verify -Plong" : "which ran too");
        longRuns().forEach(run -> System.out.println("  " + run));
        System.out.println();

        assertThat(suites).isNotEmpty();
        assertThat(suites).filteredOn(suite -> suite.skipped() > 0).as("skipped").isEmpty();
    }

    /** Without the reports of tests that are no more. */
    private static List<Suite> suites() throws IOException {
        Set<String> tests =
                Checkout.sources("src/test/java").stream()
                        .map(file -> file.getFileName().toString().replace(".java", ""))
                        .collect(Collectors.toSet());
        List<Suite> suites = new ArrayList<>();
        for (Path module : Checkout.modules()) {
            for (Path report : reports(module.resolve("target/surefire-reports"))) {
                Matcher matcher = SUITE.matcher(Checkout.read(report));
                assertThat(matcher.find()).as("a test suite in %s", report).isTrue();
                Suite suite = suite(module, matcher);
                if (tests.contains(suite.name())) {
                    suites.add(suite);
                }
            }
        }
        return suites;
    }

    private static Suite suite(Path module, Matcher matcher) {
        return new Suite(
                module.getFileName().toString(),
                matcher.group(1).replaceFirst(".*\\.", ""),
                matcher.group(2),
                Integer.parseInt(matcher.group(3)),
                Integer.parseInt(matcher.group(4)));
    }

    private static List<Path> reports(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith("Test.xml"))
                    .filter(file -> !file.toString().contains("BuildReportTest"))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> longRuns() {
        List<String> runs = new ArrayList<>();
        for (Path source : Checkout.sources("src/test/java")) {
            Matcher matcher = LONG_RUN.matcher(Checkout.read(source));
            while (matcher.find()) {
                String name = source.getFileName().toString().replace(".java", "");
                runs.add(name + "." + matcher.group(1));
            }
        }
        return runs;
    }
}
