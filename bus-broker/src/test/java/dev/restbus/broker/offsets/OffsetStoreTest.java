package dev.restbus.broker.offsets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class OffsetStoreTest {

    @Test
    void aGroupLivesWhereKafkaPutsIt() {
        assertThat(OffsetStore.partitionOf("g")).isEqualTo(3);
        assertThat(OffsetStore.partitionOf("orders")).isEqualTo(31);
        assertThat(OffsetStore.partitionOf("notification")).isEqualTo(3);
        assertThat(OffsetStore.partitionOf("group-A")).isEqualTo(15);
    }

    @Test
    void everyOtherGroupToo() {
        Random random = new Random(11);
        for (int i = 0; i < 10_000; i++) {
            String group = Long.toString(random.nextLong(), 36);
            assertThat(OffsetStore.partitionOf(group))
                    .as(group)
                    .isEqualTo(Utils.abs(group.hashCode()) % OffsetStore.PARTITIONS);
        }
    }

    @Test
    void aHashThatHasNoAbsoluteValueIsNoFault() {
        String group = "polygenelubricants";
        assertThat(group.hashCode()).isEqualTo(Integer.MIN_VALUE);
        assertThat(OffsetStore.partitionOf(group))
                .isEqualTo(Utils.abs(group.hashCode()) % OffsetStore.PARTITIONS);
    }
}
