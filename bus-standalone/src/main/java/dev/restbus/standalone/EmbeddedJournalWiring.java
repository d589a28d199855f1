package dev.restbus.standalone;

import dev.restbus.broker.BrokerProperties;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.coordinator.journal.Journal;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The journal as a log in the data folder, unless a database is named for it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(
        name = "bus.coordinator.journal.url",
        matchIfMissing = true,
        havingValue = "false")
class EmbeddedJournalWiring {

    private static final String FOLDER = "coordinator/__metadata";

    /** The directory is asked for so that its lock is held before the journal is touched. */
    @Bean(destroyMethod = "close")
    Journal embeddedJournal(LogDirectory directory, Disk disk, BrokerProperties properties) {
        return EmbeddedJournal.open(disk, properties.data().resolve(FOLDER));
    }
}
