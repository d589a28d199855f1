package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.broker.log.Retention;
import dev.restbus.broker.offsets.OffsetStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The offsets topic is compacted, and is read back as if it were not. */
class CompactedOffsetsTest {

    @TempDir Path folder;
    private GroupFixture bus;

    @BeforeEach
    void start() {
        bus = new GroupFixture(folder.resolve("data"));
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
    }

    private PartitionLog offsetsLog() {
        return bus.leader(OffsetStore.TOPIC, OffsetStore.partitionOf(GroupFixture.GROUP)).log();
    }

    private void compact() {
        PartitionLog log = offsetsLog();
        log.configure(
                LogSettings.DEFAULT
                        .withSegmentBytes(1024)
                        .withRetention(new Retention(-1, -1, 1, 0)));
    }

    @Test
    void everyCommitIsThereAfterACompactionAndARestart() {
        bus.topic("t", 3);
        for (int p = 0; p < 3; p++) {
            bus.produce("t", p, 50);
        }
        bus.commit(null, 0, "t", 0, 1);
        compact();
        for (int i = 2; i <= 50; i++) {
            bus.commit(null, 0, "t", 0, i);
            bus.commit(null, 0, "t", 1, i / 2);
        }
        bus.commit(null, 0, "t", 2, 7);
        PartitionLog log = offsetsLog();
        long size = log.sizeBytes();
        long end = log.logEnd();
        assertThat(log.clean(log.durableEnd(), () -> false)).isTrue();
        assertThat(log.sizeBytes()).isLessThan(size / 2);

        bus.restart();
        assertThat(bus.committed("t", 0)).isEqualTo(50);
        assertThat(bus.committed("t", 1)).isEqualTo(25);
        assertThat(bus.committed("t", 2)).isEqualTo(7);
        assertThat(offsetsLog().logEnd()).isEqualTo(end);
        bus.commit(null, 0, "t", 1, 26);
        assertThat(bus.committed("t", 1)).isEqualTo(26);
        assertThat(bus.poll("m").topics("t").get().records()).hasSize(24 + 43);
    }
}
