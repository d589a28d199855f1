package dev.restbus.door.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.door.DoorWiring;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

class StartTest {

    @EnableAutoConfiguration
    @Import(DoorWiring.class)
    static class Node {}

    @TempDir private Path folder;

    @Test
    void anAddressThatIsNotLoopbackNeedsAnotherMode() {
        String line = refusal("--server.address=0.0.0.0");
        assertThat(line).contains("server.address=0.0.0.0", "bus.security=token");
    }

    @Test
    void anUnknownModeIsRefused() {
        assertThat(refusal("--bus.security=none")).contains("loopback, token or open", "'none'");
    }

    @Test
    void tokenModeNeedsAToken() {
        assertThat(refusal("--bus.security=token")).contains("BUS_TOKEN", "token-file");
    }

    @Test
    void tokenFileThatOthersMayReadIsRefused() throws IOException {
        Path file = folder.resolve("token");
        Files.writeString(file, "secret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        String line =
                refusal("--bus.security=token", "--bus.security.token-file=" + file.toString());
        assertThat(line).contains("chmod 600").doesNotContain("secret");
    }

    @Test
    void missingTokenFileIsMadeAndKept() throws IOException {
        Path file = folder.resolve("token");
        String token = TokenFile.read(file);
        assertThat(token).matches("[0-9a-f]{64}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(TokenFile.read(file)).isEqualTo(token);
    }

    @Test
    void emptyTokenFileIsRefused() throws IOException {
        Path file = folder.resolve("token");
        TokenFile.read(file);
        Files.writeString(file, "\n");
        assertThatThrownBy(() -> TokenFile.read(file)).isInstanceOf(StartRefused.class);
    }

    @Test
    void loopbackIsBoundByDefaultAndOpenAnywhere() {
        try (ConfigurableApplicationContext node = start()) {
            assertThat(node.getEnvironment().getProperty("server.address")).isEqualTo("127.0.0.1");
        }
        try (ConfigurableApplicationContext node =
                start("--bus.security=open", "--server.address=0.0.0.0")) {
            assertThat(node.getBean(Gate.class)).isInstanceOf(OpenGate.class);
        }
    }

    private static ConfigurableApplicationContext start(String... args) {
        SpringApplication application = new SpringApplication(Node.class);
        application.setDefaultProperties(java.util.Map.of("server.port", "0"));
        return application.run(args);
    }

    /** What a start that must fail prints to standard error: one line. */
    private static String refusal(String... args) {
        PrintStream before = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            assertThatThrownBy(() -> start(args))
                    .satisfiesAnyOf(
                            e -> assertThat(e).isInstanceOf(StartRefused.class),
                            e -> assertThat(e).hasRootCauseInstanceOf(StartRefused.class));
        } finally {
            System.setErr(before);
        }
        String text = printed.toString(StandardCharsets.UTF_8);
        assertThat(text.lines()).hasSize(1);
        return text;
    }
}
