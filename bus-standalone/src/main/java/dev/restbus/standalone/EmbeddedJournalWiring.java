package dev.restbus.standalone;

import dev.restbus.broker.BrokerProperties;
import dev.restbus.broker.log.Disk;
import dev.restbus.broker.log.FileLog;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.coordinator.journal.Journal;
import java.util.UUID;
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

    /** One command may move every group of a large cluster. */
    private static final int MAX_APPEND_BYTES = 64 << 20;

    /** The journal's log has no topic; its id says so. */
    private static final LogId ID = new LogId("__metadata", new UUID(0, 0), 0);

    /** The directory is asked for so that its lock is held before the journal is touched. */
    @Bean(destroyMethod = "close")
    Journal embeddedJournal(LogDirectory directory, Disk disk, BrokerProperties properties) {
        return new EmbeddedJournal(
                FileLog.open(disk, properties.data().resolve(FOLDER), ID, LogSettings.DEFAULT));
    }
}
