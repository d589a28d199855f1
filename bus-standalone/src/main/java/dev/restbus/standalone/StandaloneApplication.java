package dev.restbus.standalone;

import dev.restbus.broker.BrokerWiring;
import dev.restbus.coordinator.CoordinatorWiring;
import dev.restbus.coordinator.store.PostgresJournalConfiguration;
import dev.restbus.door.DoorWiring;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The whole bus in one process. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration(
        exclude = {
            // The journal is a log unless told otherwise; a store that is told to brings its own.
            DataSourceAutoConfiguration.class,
            HibernateJpaAutoConfiguration.class,
            DataJpaRepositoriesAutoConfiguration.class,
            FlywayAutoConfiguration.class
        })
@Import({
    DoorWiring.class,
    BrokerWiring.class,
    CoordinatorWiring.class,
    EmbeddedJournalWiring.class,
    PostgresJournalConfiguration.class,
    ReadyCard.class
})
public class StandaloneApplication {

    /** Starts the bus; every setting is a Spring property. */
    public static void main(String[] args) {
        SpringApplication.run(StandaloneApplication.class, args);
    }
}
