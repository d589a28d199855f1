package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.coordinator.store.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bus with its journal in a database instead of the data folder. */
class PostgresStartTest {

    @TempDir Path data;

    @Test
    void topicsAndRecordsAreThereAfterARestart() {
        TestDatabase database = TestDatabase.create();
        try (RunningBus bus = start(database)) {
            assertThat(bus.put("/v1/topics/t", "{\"partitions\":2}").status()).isEqualTo(201);
            assertThat(bus.post("/v1/topics/t?partition=1", "1").status()).isEqualTo(201);
        }
        assertThat(Files.exists(data.resolve("coordinator"))).isFalse();

        try (RunningBus bus = start(database)) {
            assertThat(bus.put("/v1/topics/t", "{\"partitions\":2}").status()).isEqualTo(200);
            assertThat(
                            bus.get("/v1/topics/t/partitions/1/records")
                                    .json()
                                    .path("records")
                                    .get(0)
                                    .path("value")
                                    .asInt())
                    .isEqualTo(1);
        }
    }

    private RunningBus start(TestDatabase database) {
        return RunningBus.start(
                data,
                "--bus.coordinator.journal.url=" + database.url(),
                "--bus.coordinator.journal.username=" + database.username(),
                "--bus.coordinator.journal.password=" + database.password());
    }
}
