package dev.restbus.coordinator.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.restbus.coordinator.journal.Journal;
import jakarta.persistence.EntityManagerFactory;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The journal in PostgreSQL, where {@code bus.coordinator.journal.url} is set. It brings all it
 * needs itself, so that a process without that property starts no database and no persistence
 * provider.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("bus.coordinator.journal.url")
@EnableConfigurationProperties(JournalDatabase.class)
@EnableJpaRepositories(
        basePackageClasses = PostgresJournalConfiguration.class,
        entityManagerFactoryRef = "journalEntityManagerFactory",
        transactionManagerRef = "journalTransactionManager")
public class PostgresJournalConfiguration {

    private static final long CONNECTION_TIMEOUT_MS = 5_000;
    private static final int TRANSACTION_TIMEOUT_SECONDS = 10;
    private static final int SOCKET_TIMEOUT_SECONDS = 30;

    /** One connection for the coordinator's thread, and one to spare while it is replaced. */
    private static final int CONNECTIONS = 2;

    @Bean
    HikariDataSource journalDataSource(JournalDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("journal");
        config.setJdbcUrl(database.url());
        config.setUsername(database.username());
        config.setPassword(database.password());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MS);
        config.addDataSourceProperty("socketTimeout", SOCKET_TIMEOUT_SECONDS);
        config.addDataSourceProperty("tcpKeepAlive", true);
        config.addDataSourceProperty("reWriteBatchedInserts", true);
        return new HikariDataSource(config);
    }

    @Bean(initMethod = "migrate")
    Flyway journalFlyway(DataSource journalDataSource) {
        return Flyway.configure()
                .dataSource(journalDataSource)
                .locations("classpath:db/coordinator")
                .load();
    }

    /**
     * The tables must be there first.
     *
     * @param journalFlyway has migrated
     */
    @Bean
    LocalContainerEntityManagerFactoryBean journalEntityManagerFactory(
            DataSource journalDataSource, Flyway journalFlyway) {
        LocalContainerEntityManagerFactoryBean factory =
                new LocalContainerEntityManagerFactoryBean();
        factory.setDataSource(journalDataSource);
        factory.setPersistenceUnitName("journal");
        factory.setPackagesToScan(getClass().getPackageName());
        factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        factory.setJpaPropertyMap(
                Map.of(
                        "hibernate.physical_naming_strategy",
                        "org.hibernate.boot.model.naming.PhysicalNamingStrategySnakeCaseImpl",
                        "hibernate.hbm2ddl.auto",
                        "validate",
                        "hibernate.jdbc.batch_size",
                        "100"));
        return factory;
    }

    @Bean
    PlatformTransactionManager journalTransactionManager(
            EntityManagerFactory journalEntityManagerFactory) {
        return new JpaTransactionManager(journalEntityManagerFactory);
    }

    @Bean
    TransactionTemplate journalTransactions(PlatformTransactionManager journalTransactionManager) {
        TransactionTemplate template = new TransactionTemplate(journalTransactionManager);
        template.setTimeout(TRANSACTION_TIMEOUT_SECONDS);
        return template;
    }

    /** The coordinator closes it. */
    @Bean(destroyMethod = "")
    Journal journal(
            JournalEntries entries, ClusterStates clusterStates, TransactionTemplate transactions) {
        return PostgresJournal.open(entries, clusterStates, transactions, UUID.randomUUID());
    }
}
