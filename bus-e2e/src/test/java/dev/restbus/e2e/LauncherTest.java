package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ./bus} says and costs. */
class LauncherTest {

    /** The goal is about 4 on the machine it was set on; this leaves room for slower ones. */
    private static final Duration MOST_CPU_TO_READY = Duration.ofSeconds(8);

    @TempDir Path folder;

    @Test
    void startsCheaply() throws Exception {
        Path data = folder.resolve("data");
        BusProcess.start(data).close();
        try (BusProcess bus = BusProcess.start(data)) {
            Duration used =
                    ProcessHandle.of(bus.pid())
                            .flatMap(process -> process.info().totalCpuDuration())
                            .orElseThrow();
            System.out.println("processor time to ready: " + used.toMillis() + " ms");
            assertThat(used).isBetween(Duration.ofMillis(100), MOST_CPU_TO_READY);
        }
    }

    @Test
    void endsWellOnSigterm() throws Exception {
        BusProcess bus = BusProcess.start(folder.resolve("data"));

        assertThat(bus.stop()).isEqualTo(128 + 15);
    }

    @Test
    void refusesASecondBusOnTheSameData() throws Exception {
        Path data = folder.resolve("data");
        try (BusProcess bus = BusProcess.start(data)) {
            Launcher.Result second = Launcher.run("up", "--port", "0", "--data", data.toString());

            assertThat(second.exitCode()).isNotZero();
            assertThat(second.output()).contains(data.toString());
            assertThat(bus.pid()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cluster", "stop", "start"})
    void namesWhatComesWithTheCluster(String command) throws Exception {
        Launcher.Result result = Launcher.run(command);

        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.output()).contains("comes with the cluster");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--port=x", "--port=65536", "--porto=1", "--data="})
    void refusesArgumentsThatMakeNoSense(String argument) throws Exception {
        assertThat(Launcher.run("up", argument).exitCode()).isEqualTo(2);
    }

    @Test
    void listsItsCommands() throws Exception {
        assertThat(Launcher.run("help").output())
                .contains("up [--port")
                .contains("demo")
                .contains("check DIR")
                .contains("bench [WORKLOAD]");
    }

    @Test
    void saysInOneLineThatTheJdkIsTooOld() throws Exception {
        Path java = folder.resolve("java");
        Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
        Map<String, String> path =
                Map.of("PATH", folder + ":" + System.getenv("PATH"), "JAVA_HOME", "");

        Launcher.Result result = Launcher.run(path, "check", folder.toString());

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output().lines())
                .containsExactly("bus: needs a JDK 17 or newer: " + java + " is version 11.0.2");
    }

    @Test
    void saysInOneLineThatThereIsNoJdk() throws Exception {
        Map<String, String> nowhere = Map.of("JAVA_HOME", folder.resolve("none").toString());

        Launcher.Result result = Launcher.run(nowhere, "check", folder.toString());

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output().lines()).hasSize(1).first().asString().contains("not found");
    }
}
