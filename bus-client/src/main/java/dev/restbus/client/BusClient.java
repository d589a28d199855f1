package dev.restbus.client;

import dev.restbus.api.Acks;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A connection to the bus by one URL; every broker serves every call. Owns its HTTP threads and
 * ends them at {@link #close()}; close consumers first. Safe for any number of threads.
 *
 * <pre>{@code
 * try (BusClient bus = BusClient.connect("http://127.0.0.1:8080")) {
 *     bus.producer().send("orders", "customer-7", Map.of("total", 12.50));
 *     try (BusConsumer consumer = bus.consumer(ConsumerOptions.of("billing", "orders"))) {
 *         Batch batch = consumer.poll();
 *         batch.records().forEach(record -> System.out.println(record.text()));
 *         batch.ack();
 *     }
 * }
 * }</pre>
 */
public final class BusClient implements AutoCloseable {

    private final HttpCalls calls;
    private final Resilience resilience = new Resilience();
    private final JsonMapper mapper;
    private final RetryLimits limits;

    private BusClient(Builder builder) {
        this.calls =
                new HttpCalls(
                        builder.url, builder.token, builder.connectTimeout, builder.requestTimeout);
        this.mapper = builder.mapper;
        this.limits = builder.limits;
    }

    /** A client with the defaults. */
    public static BusClient connect(String url) {
        return builder(url).build();
    }

    public static Builder builder(String url) {
        return new Builder(URI.create(url));
    }

    /** A producer with {@code acks=all} and the client's retry limits. */
    public BusProducer producer() {
        return new BusProducer(calls, resilience, mapper, limits, Acks.ALL);
    }

    /** A new member of a group; it joins with its first poll. */
    public BusConsumer consumer(ConsumerOptions options) {
        return new BusConsumer(calls, mapper, options);
    }

    public BusTopics topics() {
        return new BusTopics(calls, mapper);
    }

    public BusGroups groups() {
        return new BusGroups(calls);
    }

    /** Whether the bus answers at this moment, whatever it says. */
    public boolean isReachable() {
        try {
            calls.call("GET", "/v1/topics?limit=1", null);
            return true;
        } catch (BusProblemException e) {
            return true;
        } catch (BusUnavailableException e) {
            return false;
        }
    }

    /** Ends the client's threads; calls in flight fail. */
    @Override
    public void close() {
        calls.close();
    }

    /** Settings of a client. For one thread. */
    public static final class Builder {

        private final URI url;
        private @Nullable String token;
        private Duration connectTimeout = Duration.ofSeconds(2);
        private Duration requestTimeout = Duration.ofSeconds(35);
        private JsonMapper mapper = JsonMapper.shared();
        private RetryLimits limits = RetryLimits.DEFAULT;

        private Builder(URI url) {
            this.url = url;
        }

        /** The bearer token of {@code bus.security=token}; none unless given, or if blank. */
        public Builder token(@Nullable String newToken) {
            token = newToken == null || newToken.isBlank() ? null : newToken;
            return this;
        }

        /** 2 s unless given. */
        public Builder connectTimeout(Duration newConnectTimeout) {
            connectTimeout = newConnectTimeout;
            return this;
        }

        /** For one answer, beyond what a poll waits; 35 s unless given (a produce may take 30). */
        public Builder requestTimeout(Duration newRequestTimeout) {
            requestTimeout = newRequestTimeout;
            return this;
        }

        /** Writes and binds values; Jackson's defaults unless given. */
        public Builder mapper(JsonMapper newMapper) {
            mapper = newMapper;
            return this;
        }

        /** Of producers, unless they say otherwise. */
        public Builder retry(RetryLimits newLimits) {
            limits = newLimits;
            return this;
        }

        public BusClient build() {
            return new BusClient(this);
        }
    }
}
