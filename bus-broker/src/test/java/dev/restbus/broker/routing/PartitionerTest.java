package dev.restbus.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class PartitionerTest {

    @Test
    void topicsThatComeAndGoDoNotPileUp() {
        Partitioner partitioner = new Partitioner();
        for (int i = 1; i <= Partitioner.MAX_TOPICS; i++) {
            partitioner.count(new UUID(0, i), i);
        }
        assertThat(partitioner.unkeyedSoFar(new UUID(0, 7))).isEqualTo(7);
        partitioner.count(new UUID(0, 7), 1);
        assertThat(partitioner.unkeyedSoFar(new UUID(0, 7))).isEqualTo(8);
        partitioner.count(new UUID(1, 1), 3);
        assertThat(partitioner.unkeyedSoFar(new UUID(0, 7))).isZero();
        assertThat(partitioner.unkeyedSoFar(new UUID(1, 1))).isEqualTo(3);
    }
}
