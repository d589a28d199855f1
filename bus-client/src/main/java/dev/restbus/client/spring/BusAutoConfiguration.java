package dev.restbus.client.spring;

import dev.restbus.client.BusClient;
import dev.restbus.client.RetryLimits;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import tools.jackson.databind.json.JsonMapper;

/** Sets up the client, {@link BusTemplate} and the {@link BusListener} methods. */
@AutoConfiguration(
        afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@EnableConfigurationProperties(BusClientProperties.class)
public class BusAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    BusClient busClient(BusClientProperties properties, ObjectProvider<JsonMapper> mapper) {
        return BusClient.builder(properties.url())
                .token(properties.token())
                .connectTimeout(properties.connectTimeout())
                .requestTimeout(properties.requestTimeout())
                .mapper(mapper.getIfAvailable(JsonMapper::shared))
                .retry(
                        new RetryLimits(
                                properties.maxAttempts(),
                                properties.retryTime(),
                                properties.atLeastOnce()))
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    BusTemplate busTemplate(BusClient client) {
        return new BusTemplate(client.producer());
    }

    @Bean
    @ConditionalOnMissingBean
    BusListeners busListeners(
            BusClient client, BusClientProperties properties, ConfigurableBeanFactory beans) {
        return new BusListeners(client, beans, properties.listenersEnabled());
    }

    /** Static, so that it is there before the beans it looks at. */
    @Bean
    static BusListenerMethods busListenerMethods(ObjectProvider<BusListeners> listeners) {
        return new BusListenerMethods(listeners);
    }
}
