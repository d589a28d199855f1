package dev.restbus.client.spring;

import dev.restbus.client.BusClient;
import dev.restbus.client.ConsumerOptions;
import dev.restbus.client.listener.BusListenerContainer;
import dev.restbus.client.listener.ListenerOptions;
import dev.restbus.client.listener.RecordHandler;
import java.util.Arrays;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.SmartLifecycle;

/**
 * The containers behind the application's {@link BusListener} methods: started when the context is
 * up, stopped first when it goes down. Safe for any number of threads.
 */
public class BusListeners implements SmartLifecycle {

    private final BusClient client;
    private final ConfigurableBeanFactory beans;
    private final boolean autoStartup;
    private final Map<String, BusListenerContainer> containers = new ConcurrentSkipListMap<>();

    private volatile boolean running;

    BusListeners(BusClient client, ConfigurableBeanFactory beans, boolean autoStartup) {
        this.client = client;
        this.beans = beans;
        this.autoStartup = autoStartup;
    }

    /**
     * The container of one listener, to stop and start it or read its counters.
     *
     * @throws NoSuchElementException if there is none of this id
     */
    public BusListenerContainer get(String id) {
        BusListenerContainer container = containers.get(id);
        if (container == null) {
            throw new NoSuchElementException("no listener " + id + " among " + containers.keySet());
        }
        return container;
    }

    @Override
    public void start() {
        running = true;
        containers.values().forEach(BusListenerContainer::start);
    }

    @Override
    public void stop() {
        running = false;
        containers.values().forEach(BusListenerContainer::stop);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStartup;
    }

    void register(String defaultId, BusListener listener, RecordHandler handler) {
        String id = listener.id().isEmpty() ? defaultId : resolve(listener.id());
        BusListenerContainer container =
                new BusListenerContainer(client, options(listener), handler);
        if (containers.putIfAbsent(id, container) != null) {
            throw new IllegalStateException("two listeners have the id " + id);
        }
        // A bean that is made late must not wait for the next start of the context.
        if (running) {
            container.start();
        }
    }

    private ListenerOptions options(BusListener listener) {
        String[] topics =
                Arrays.stream(listener.topics()).map(this::resolve).toArray(String[]::new);
        ConsumerOptions consumer =
                ConsumerOptions.of(resolve(listener.group()), topics)
                        .withMaxRecords(Integer.parseInt(resolve(listener.maxRecords())))
                        .withSessionTimeout(
                                DurationStyle.detectAndParse(resolve(listener.sessionTimeout())));
        if (resolve(listener.startAt()).equals("latest")) {
            consumer = consumer.withStartAtLatest();
        }
        ListenerOptions options =
                ListenerOptions.of(consumer)
                        .withConcurrency(Integer.parseInt(resolve(listener.concurrency())));
        String rate = resolve(listener.ratePerSecond());
        return rate.isEmpty() ? options : options.withRatePerSecond(Double.parseDouble(rate));
    }

    private String resolve(String text) {
        return Objects.requireNonNull(beans.resolveEmbeddedValue(text)).trim();
    }
}
