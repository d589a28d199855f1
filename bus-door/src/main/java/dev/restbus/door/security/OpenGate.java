package dev.restbus.door.security;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets everybody in, and says so each minute until it is closed. */
final class OpenGate implements Gate {

    private static final Logger LOG = LoggerFactory.getLogger(OpenGate.class);

    private final ScheduledExecutorService reminder =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "door-open");
                        thread.setDaemon(true);
                        return thread;
                    });

    OpenGate() {
        reminder.scheduleAtFixedRate(
                () -> LOG.warn("bus.security=open: whoever reaches this port may do everything"),
                0,
                1,
                TimeUnit.MINUTES);
    }

    @Override
    public void check(Function<String, @Nullable String> headers, String uri) {}

    @Override
    public void close() {
        reminder.shutdownNow();
    }
}
