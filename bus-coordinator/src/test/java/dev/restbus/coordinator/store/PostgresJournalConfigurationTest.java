package dev.restbus.coordinator.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.control.NewTopic;
import dev.restbus.coordinator.Coordinator;
import dev.restbus.coordinator.CoordinatorWiring;
import dev.restbus.coordinator.InMemoryJournal;
import dev.restbus.coordinator.journal.Journal;
import jakarta.persistence.EntityManagerFactory;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The composition, with and without a database. */
class PostgresJournalConfigurationTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner()
                    .withUserConfiguration(
                            PostgresJournalConfiguration.class, CoordinatorWiring.class);

    @Test
    void withoutTheUrlThereIsNoDatabase() {
        runner.withBean(Journal.class, () -> new InMemoryJournal(new InMemoryJournal.Store()))
                .run(
                        context -> {
                            assertThat(context)
                                    .hasNotFailed()
                                    .hasSingleBean(Coordinator.class)
                                    .doesNotHaveBean(DataSource.class)
                                    .doesNotHaveBean(EntityManagerFactory.class)
                                    .doesNotHaveBean(Flyway.class)
                                    .doesNotHaveBean(JournalEntries.class);
                        });
    }

    @Test
    void withTheUrlTheCoordinatorKeepsItsStateInPostgres() {
        ApplicationContextRunner withDatabase = with(TestDatabase.create());
        withDatabase.run(
                context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(DataSource.class);
                    createTopic(context.getBean(Coordinator.class));
                });

        withDatabase.run(
                context ->
                        assertThat(context.getBean(Coordinator.class).metadata().topics())
                                .containsOnlyKeys("t"));
    }

    /** In a process that has Boot's own set-up switched on it stands back. */
    @Test
    void itGoesTogetherWithBootsAutoConfiguration() {
        with(TestDatabase.create())
                .withConfiguration(
                        AutoConfigurations.of(
                                DataSourceAutoConfiguration.class,
                                HibernateJpaAutoConfiguration.class,
                                DataJpaRepositoriesAutoConfiguration.class,
                                FlywayAutoConfiguration.class))
                .run(
                        context -> {
                            assertThat(context)
                                    .hasNotFailed()
                                    .hasSingleBean(DataSource.class)
                                    .hasSingleBean(EntityManagerFactory.class)
                                    .hasSingleBean(Flyway.class);
                            createTopic(context.getBean(Coordinator.class));
                        });
    }

    @Test
    void theContextClosesTheCoordinator() {
        InMemoryJournal journal = new InMemoryJournal(new InMemoryJournal.Store());
        runner.withBean(Journal.class, () -> journal)
                .run(context -> assertThat(journal.isClosed()).isFalse());

        assertThat(journal.isClosed()).isTrue();
    }

    private ApplicationContextRunner with(TestDatabase database) {
        return runner.withPropertyValues(
                "bus.coordinator.journal.url=" + database.url(),
                "bus.coordinator.journal.username=" + database.username(),
                "bus.coordinator.journal.password=" + database.password());
    }

    private static void createTopic(Coordinator coordinator) {
        coordinator.registerBroker(1, "http://b1", new UUID(0, 1)).join();
        coordinator.createTopic(new NewTopic("t", 1, null, Map.of())).join();
    }
}
