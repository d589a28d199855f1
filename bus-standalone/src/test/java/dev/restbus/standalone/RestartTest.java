package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is there after a restart. */
class RestartTest {

    @TempDir Path data;

    @Test
    void topicsRecordsAndEpochsGoOn() {
        int epoch;
        try (RunningBus bus = RunningBus.start(data)) {
            bus.put("/v1/topics/kept", "{\"partitions\":2}");
            bus.put("/v1/topics/dropped", "{\"partitions\":1}");
            bus.delete("/v1/topics/dropped");
            for (int i = 0; i < 5; i++) {
                bus.post("/v1/topics/kept?partition=1", Integer.toString(i));
            }
            epoch = partition(bus, 1).path("leaderEpoch").asInt();
        }
        try (RunningBus bus = RunningBus.start(data)) {
            assertThat(partition(bus, 1).path("leaderEpoch").asInt()).isGreaterThan(epoch);
            assertThat(partition(bus, 1).path("logEndOffset").asLong()).isEqualTo(5);
            assertThat(bus.get("/v1/topics/dropped").status()).isEqualTo(404);
            assertThat(bus.post("/v1/topics/kept?partition=1", "5").json().path("offset").asLong())
                    .isEqualTo(5);
            JsonNode records =
                    bus.get("/v1/topics/kept/partitions/1/records").json().path("records");
            for (int i = 0; i <= 5; i++) {
                assertThat(records.get(i).path("value").asInt()).isEqualTo(i);
            }
        }
    }

    private static JsonNode partition(RunningBus bus, int partition) {
        return bus.get("/v1/topics/kept").json().path("partitions").get(partition);
    }
}
