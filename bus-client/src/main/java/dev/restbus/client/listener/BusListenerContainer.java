package dev.restbus.client.listener;

import dev.restbus.client.BusClient;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a handler over the records of a group on threads of its own, until it is stopped. It
 * outlives restarts of the bus, rebalances and failures of the handler. Start and stop it as often
 * as needed, from any thread.
 */
public final class BusListenerContainer implements AutoCloseable {

    private final BusClient client;
    private final ListenerOptions options;
    private final RecordHandler handler;
    private final ListenerCounters counters = new ListenerCounters();

    /** Empty while stopped. */
    private final List<ListenerLoop> loops = new ArrayList<>();

    public BusListenerContainer(BusClient client, ListenerOptions options, RecordHandler handler) {
        this.client = client;
        this.options = options;
        this.handler = handler;
    }

    public ListenerOptions options() {
        return options;
    }

    /** What it has done since it was made. */
    public ListenerCounters counters() {
        return counters;
    }

    public synchronized boolean isRunning() {
        return !loops.isEmpty();
    }

    /** Starts the threads; they join the group as soon as the bus can be reached. */
    public synchronized void start() {
        if (!loops.isEmpty()) {
            return;
        }
        Pace pace = pace();
        for (int thread = 1; thread <= options.concurrency(); thread++) {
            ListenerLoop loop =
                    new ListenerLoop(
                            client.consumer(options.consumerOf(thread)),
                            options.consumerOf(thread),
                            handler,
                            pace,
                            counters);
            loops.add(loop);
            loop.start();
        }
    }

    /**
     * Stops after the record in hand: what was processed is committed and the group left, so that
     * others take over at once. Returns when the threads have ended, or after 10 s.
     */
    public synchronized void stop() {
        loops.forEach(ListenerLoop::requestStop);
        loops.forEach(ListenerLoop::awaitEnd);
        loops.clear();
    }

    @Override
    public void close() {
        stop();
    }

    private @Nullable Pace pace() {
        Double rate = options.ratePerSecond();
        return rate == null ? null : Pace.perSecond(rate);
    }
}
