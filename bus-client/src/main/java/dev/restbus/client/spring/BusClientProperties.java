package dev.restbus.client.spring;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the client.
 *
 * @param url any broker
 * @param token the bearer token of {@code bus.security=token}
 * @param connectTimeout for the connection
 * @param requestTimeout for one answer, beyond what a poll waits
 * @param maxAttempts of a send, the first one included
 * @param retryTime after this no further attempt of a send starts
 * @param atLeastOnce whether a send is also repeated where it may have been stored
 * @param listenersEnabled whether {@code @BusListener} methods start with the application
 */
@ConfigurationProperties("bus.client")
public record BusClientProperties(
        @DefaultValue("http://127.0.0.1:8080") String url,
        @Nullable String token,
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("35s") Duration requestTimeout,
        @DefaultValue("10") int maxAttempts,
        @DefaultValue("15s") Duration retryTime,
        @DefaultValue("false") boolean atLeastOnce,
        @DefaultValue("true") boolean listenersEnabled) {}
