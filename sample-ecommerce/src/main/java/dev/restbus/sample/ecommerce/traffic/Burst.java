package dev.restbus.sample.ecommerce.traffic;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Exactly so many notices in so many seconds, beside the traffic: every producer sends {@code rate
 * x seconds} of them, evenly spaced. One at a time. Safe for any number of threads.
 */
public final class Burst implements AutoCloseable {

    private final ExecutorService threads;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private volatile int total;

    Burst(int producers) {
        this.threads = Executors.newFixedThreadPool(producers);
    }

    /**
     * Starts one.
     *
     * @throws BurstRunningException if one is under way
     */
    synchronized State start(List<Traffic> traffic, int seconds) {
        if (active.get() > 0) {
            throw new BurstRunningException();
        }
        List<EvenSchedule> schedules =
                traffic.stream().map(t -> EvenSchedule.of(t.perSecond(), seconds)).toList();
        total = schedules.stream().mapToInt(EvenSchedule::events).sum();
        sent.set(0);
        failed.set(0);
        active.set(traffic.size());
        long startNanos = System.nanoTime();
        for (int i = 0; i < schedules.size(); i++) {
            Producer producer = traffic.get(i).producer();
            EvenSchedule schedule = schedules.get(i);
            threads.execute(() -> run(producer, schedule, startNanos));
        }
        return state();
    }

    State state() {
        return new State(active.get() > 0, total, sent.get(), failed.get());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private void run(Producer producer, EvenSchedule schedule, long startNanos) {
        try {
            for (int event = 0; event < schedule.events() && !threads.isShutdown(); event++) {
                long waitNanos = startNanos + schedule.dueNanos(event) - System.nanoTime();
                TimeUnit.NANOSECONDS.sleep(waitNanos);
                (producer.send() ? sent : failed).incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            active.decrementAndGet();
        }
    }

    /**
     * The burst under way, or the last one.
     *
     * @param total notices in all
     */
    public record State(boolean running, int total, int sent, int failed) {}
}
