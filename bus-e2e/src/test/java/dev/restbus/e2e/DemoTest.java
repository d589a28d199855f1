package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./bus demo}: four processes that live and end together. */
class DemoTest {

    @TempDir Path folder;

    @Test
    void endsAllWithAnErrorWhenOneDies() throws Exception {
        try (DemoProcess demo = DemoProcess.start(folder)) {
            List<ProcessHandle> processes = demo.applications();
            assertThat(processes).hasSize(4);

            demo.applicationOf("sample-notification").destroyForcibly();

            assertThat(demo.awaitExit()).isEqualTo(1);
            assertThat(demo.output()).contains("sample-notification ended");
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void servesItsPagesAndEndsAllOnSigterm() throws Exception {
        try (DemoProcess demo = DemoProcess.start(folder)) {
            List<ProcessHandle> processes = demo.applications();
            for (int step : DemoPorts.STEPS) {
                BusHttp http = new BusHttp(demo.url(step));
                http.get("/actuator/health").expect(200);
            }
            BusHttp bus = new BusHttp(demo.url(0));
            assertThat(bus.get("/v1/topics").expect(200).body().get("items")).isNotEmpty();

            demo.stop();

            assertThat(demo.awaitExit()).isZero();
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
        }
    }
}
