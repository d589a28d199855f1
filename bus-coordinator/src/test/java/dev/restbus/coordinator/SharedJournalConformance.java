package dev.restbus.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a journal does besides that several processes can open: the newest writer wins. */
public abstract class SharedJournalConformance extends JournalConformance {

    @Test
    void theNewestWriterFencesTheOthers() throws Exception {
        try (Journal first = open()) {
            append(first, 0, "{\"n\":1}");
            try (Journal second = open()) {
                assertRefused(first, 1, JournalException.Kind.FENCED);
                assertThat(append(second, 1, "{\"n\":2}")).isEqualTo(2);
                assertRefused(first, 2, JournalException.Kind.FENCED);
                assertThat(replay(second, 0)).containsExactly("1 {\"n\":1}", "2 {\"n\":2}");
            }
            assertRefused(first, 2, JournalException.Kind.FENCED);
        }
    }

    @Test
    void aCoordinatorThatWasReplacedDecidesNothingAnyMore() throws Exception {
        try (Coordinator old = coordinator()) {
            old.registerBroker(1, "http://b1", new UUID(0, 1)).join();
            try (Coordinator replacement = coordinator()) {
                assertThatThrownBy(() -> old.join(request("m1")).join())
                        .hasMessageContaining("control-plane-frozen");
                assertThat(old.group("g")).isNull();
                assertThat(old.metadata()).isEqualTo(replacement.metadata());
                assertThat(replacement.join(request("m1")).join().members()).hasSize(1);
            }
            assertThatThrownBy(() -> old.deleteGroup("h").join())
                    .hasMessageContaining("another coordinator took over");
        }
    }
}
