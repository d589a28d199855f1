package dev.restbus.coordinator.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.control.PartitionMetadata;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PlacementTest {

    @Test
    void twelvePartitionsOfThreeReplicasOverFourBrokers() {
        List<PartitionMetadata> placed = Placement.place(List.of(1, 2, 3, 4), 3, 0, 12);

        assertThat(placed)
                .extracting(PartitionMetadata::replicas)
                .containsExactly(
                        List.of(1, 2, 3),
                        List.of(2, 3, 4),
                        List.of(3, 4, 1),
                        List.of(4, 1, 2),
                        List.of(1, 3, 4),
                        List.of(2, 4, 1),
                        List.of(3, 1, 2),
                        List.of(4, 2, 3),
                        List.of(1, 4, 2),
                        List.of(2, 1, 3),
                        List.of(3, 2, 4),
                        List.of(4, 3, 1));
    }

    @Test
    void theFirstReplicaLeadsAndAllAreInSync() {
        for (PartitionMetadata partition : Placement.place(List.of(1, 2, 3), 2, 0, 9)) {
            assertThat(partition.leader()).isEqualTo(partition.replicas().get(0));
            assertThat(partition.isr()).isEqualTo(partition.replicas());
            assertThat(partition.leaderEpoch()).isEqualTo(1);
            assertThat(partition.partitionEpoch()).isEqualTo(1);
        }
    }

    @Test
    void theLeadersOfALostBrokerSpreadEvenly() {
        List<PartitionMetadata> placed = Placement.place(List.of(1, 2, 3, 4), 3, 0, 12);

        var next =
                placed.stream()
                        .map(p -> p.replicas().stream().filter(id -> id != 1).findFirst())
                        .collect(
                                Collectors.groupingBy(
                                        id -> id.orElseThrow(), Collectors.counting()));

        assertThat(next)
                .containsOnly(
                        java.util.Map.entry(2, 4L),
                        java.util.Map.entry(3, 4L),
                        java.util.Map.entry(4, 4L));
    }

    @Test
    void oneBrokerHoldsEverything() {
        assertThat(Placement.place(List.of(7), 1, 3, 6))
                .extracting(PartitionMetadata::replicas)
                .containsExactly(List.of(7), List.of(7), List.of(7));
    }

    @Test
    void addedPartitionsGoOnWhereTheOthersEnded() {
        List<Integer> brokers = List.of(1, 2, 3, 4);

        assertThat(Placement.place(brokers, 3, 5, 12))
                .isEqualTo(Placement.place(brokers, 3, 0, 12).subList(5, 12));
    }
}
