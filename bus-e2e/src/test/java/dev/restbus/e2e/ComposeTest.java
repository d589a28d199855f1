package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.yaml.snakeyaml.Yaml;

/** The containers: no engine is needed to see that they are described well. */
class ComposeTest {

    private static final Path FILE = Checkout.ROOT.resolve("docker-compose.yml");
    private static final String DOCKERFILE = Checkout.read(Checkout.ROOT.resolve("Dockerfile"));

    private final Map<String, Map<String, Object>> services = services();

    @Test
    void composeAcceptsTheFile() throws Exception {
        if (!isOnPath("docker-compose")) {
            System.out.println("no docker-compose here: its structure is checked, not its schema");
            assertThat(Checkout.read(FILE)).doesNotContain("\t");
            assertThat(services).isNotEmpty();
            return;
        }
        Process lint =
                new ProcessBuilder("docker-compose", "-f", FILE.toString(), "config", "-q")
                        .redirectErrorStream(true)
                        .start();
        String output = new String(lint.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(lint.waitFor()).as(output).isZero();
    }

    @Test
    void everyServiceThatIsNamedExists() {
        for (Map<String, Object> service : services.values()) {
            if (service.get("depends_on") instanceof Map<?, ?> others) {
                assertThat(services.keySet()).containsAll(keys(others));
            }
        }
    }

    @Test
    void portsArePublishedOnLoopbackOnly() {
        assertThat(services.values().stream().flatMap(service -> texts(service.get("ports"))))
                .hasSize(4)
                .allMatch(port -> port.startsWith("127.0.0.1:"));
    }

    @Test
    void theBusAsksForATokenAndKeepsItsJournalInPostgres() {
        assertThat(services.get("bus").get("environment"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                .containsEntry("BUS_SECURITY", "token")
                .containsEntry(
                        "BUS_COORDINATOR_JOURNAL_URL", "jdbc:postgresql://postgres:5432/bus");
    }

    @TestFactory
    Stream<DynamicTest> everyImageStartsAnApplicationOfThisBuild() {
        List<String> modules = services.values().stream().flatMap(this::module).toList();
        assertThat(modules)
                .containsExactlyInAnyOrder(
                        "bus-standalone",
                        "sample-ecommerce",
                        "sample-notification",
                        "sample-gps-tracker");
        return modules.stream()
                .map(module -> DynamicTest.dynamicTest(module, () -> assertStarts(module)));
    }

    /** The launcher and the image run the same unpacked jar. */
    @Test
    void theEntryPointIsWhatTheLauncherRuns() {
        assertThat(DOCKERFILE).contains("\"-jar\", \"/app/app.jar\"]");
        assertThat(Checkout.read(Checkout.ROOT.resolve("bus"))).contains("-jar \"$app/app.jar\"");
    }

    private Stream<String> module(Map<String, Object> service) {
        return service.get("build") instanceof Map<?, ?> build
                        && build.get("args") instanceof Map<?, ?> arguments
                ? Stream.of(String.valueOf(arguments.get("MODULE")))
                : Stream.empty();
    }

    private static void assertStarts(String module) throws IOException {
        try (JarFile jar = new JarFile(Checkout.execJar(module).toFile())) {
            String main = jar.getManifest().getMainAttributes().getValue("Start-Class");
            Path compiled = Path.of("target/classes", main.replace('.', '/') + ".class");
            assertThat(Checkout.ROOT.resolve(module).resolve(compiled)).exists();
        }
    }

    private static boolean isOnPath(String command) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    private static Map<String, Map<String, Object>> services() {
        Map<String, Map<String, Map<String, Object>>> document =
                new Yaml().load(Checkout.read(FILE));
        return document.get("services");
    }

    private static List<String> keys(Map<?, ?> map) {
        return map.keySet().stream().map(String::valueOf).toList();
    }

    private static Stream<String> texts(Object list) {
        return list instanceof List<?> items ? items.stream().map(String::valueOf) : Stream.empty();
    }
}
