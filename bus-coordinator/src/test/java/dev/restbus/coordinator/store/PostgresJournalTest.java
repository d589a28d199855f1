package dev.restbus.coordinator.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.coordinator.SharedJournalConformance;
import dev.restbus.coordinator.journal.Journal;
import dev.restbus.coordinator.journal.JournalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.transaction.support.TransactionTemplate;

class PostgresJournalTest extends SharedJournalConformance {

    private static TestDatabase database;
    private static AnnotationConfigApplicationContext context;

    @BeforeAll
    static void startContext() {
        database = TestDatabase.create();
        context = new AnnotationConfigApplicationContext();
        context.getEnvironment()
                .getPropertySources()
                .addFirst(
                        new MapPropertySource(
                                "test",
                                Map.of(
                                        "bus.coordinator.journal.url", database.url(),
                                        "bus.coordinator.journal.username", database.username(),
                                        "bus.coordinator.journal.password", database.password())));
        context.register(PostgresJournalConfiguration.class);
        context.refresh();
    }

    @AfterAll
    static void closeContext() {
        context.close();
    }

    @BeforeEach
    void empty() {
        database.execute("truncate journal, cluster_state");
    }

    @Override
    protected Journal open() {
        return PostgresJournal.open(
                context.getBean(JournalEntries.class),
                context.getBean(ClusterStates.class),
                context.getBean(TransactionTemplate.class),
                UUID.randomUUID());
    }

    @Test
    void theEpochIsNeverReset() throws Exception {
        ClusterStates states = context.getBean(ClusterStates.class);
        for (long epoch = 1; epoch <= 3; epoch++) {
            open().close();

            assertThat(states.newestEpoch()).isEqualTo(epoch);
        }
    }

    @Test
    void aTransactionThatFailsHalfwayLeavesNothing() throws Exception {
        try (Journal journal = open()) {
            journal.append(0, List.of(json("{}")));
            database.execute("insert into journal values (3, 1, '{\"in\":\"the way\"}')");

            assertThatThrownBy(() -> journal.append(1, List.of(json("{}"), json("{}"))))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(JournalException.class);

            database.execute("delete from journal where version = 3");
            assertThat(journal.append(1, List.of(json("{\"n\":2}")))).isEqualTo(2);
            List<Long> versions = new ArrayList<>();
            journal.replay(0, (version, event) -> versions.add(version));
            assertThat(versions).containsExactly(1L, 2L);
        }
    }

    @Test
    void aDatabaseThatIsAwayIsAnOrdinaryFailure() throws Exception {
        try (Journal journal = open()) {
            database.execute("alter table cluster_state rename to hidden");
            assertThatThrownBy(() -> journal.append(0, List.of(json("{}"))))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(JournalException.class);
            database.execute("alter table hidden rename to cluster_state");
            database.execute("alter table journal rename to hidden");
            assertThatThrownBy(() -> journal.replay(0, (version, event) -> {}))
                    .isInstanceOf(IOException.class);
            database.execute("alter table hidden rename to journal");

            assertThat(journal.append(0, List.of(json("{}")))).isEqualTo(1);
        }
    }

    private static byte[] json(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
