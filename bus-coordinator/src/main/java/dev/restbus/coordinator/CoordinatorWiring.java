package dev.restbus.coordinator;

import dev.restbus.coordinator.journal.Journal;
import java.io.IOException;
import java.time.InstantSource;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Builds the coordinator over whatever {@link Journal} the context has. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CoordinatorProperties.class)
public class CoordinatorWiring {

    /** The context closes the coordinator, and the coordinator its journal. */
    @Bean(destroyMethod = "close")
    Coordinator coordinator(Journal journal, CoordinatorProperties properties) throws IOException {
        return Coordinator.start(
                journal, InstantSource.system(), UUID::randomUUID, properties.queueCapacity());
    }
}
