package dev.restbus.client.listener;

import dev.restbus.client.ConsumerOptions;
import org.jspecify.annotations.Nullable;

/**
 * How a container works. Immutable.
 *
 * @param consumer its member id is that of the first thread; further threads add {@code -2}, …
 * @param concurrency threads, and with them members of the group, 1 to 64
 * @param ratePerSecond records a second over all threads, or null for no limit
 */
public record ListenerOptions(
        ConsumerOptions consumer, int concurrency, @Nullable Double ratePerSecond) {

    private static final int MAX_CONCURRENCY = 64;

    /**
     * A paced container takes at most so much work at a time: small enough that what it committed
     * is never far behind what it did, and that a session is never at risk.
     */
    private static final double SECONDS_A_POLL = 0.25;

    public ListenerOptions {
        if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
            throw new IllegalArgumentException("concurrency is 1 to " + MAX_CONCURRENCY);
        }
    }

    /** One thread, as fast as it can. */
    public static ListenerOptions of(ConsumerOptions consumer) {
        return new ListenerOptions(consumer, 1, null);
    }

    public ListenerOptions withConcurrency(int newConcurrency) {
        return new ListenerOptions(consumer, newConcurrency, ratePerSecond);
    }

    public ListenerOptions withRatePerSecond(double newRatePerSecond) {
        return new ListenerOptions(consumer, concurrency, newRatePerSecond);
    }

    /** The consumer of one thread, counted from 1. */
    ConsumerOptions consumerOf(int thread) {
        ConsumerOptions own =
                thread == 1 ? consumer : consumer.withMemberId(consumer.memberId() + "-" + thread);
        if (ratePerSecond == null) {
            return own;
        }
        int paced = (int) Math.max(1, Math.ceil(ratePerSecond * SECONDS_A_POLL));
        return own.withMaxRecords(Math.min(own.maxRecords(), paced));
    }
}
