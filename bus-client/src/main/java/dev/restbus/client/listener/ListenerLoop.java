package dev.restbus.client.listener;

import dev.restbus.api.control.TopicPartition;
import dev.restbus.client.Batch;
import dev.restbus.client.BusClientException;
import dev.restbus.client.BusConsumer;
import dev.restbus.client.BusProblemException;
import dev.restbus.client.BusRecord;
import dev.restbus.client.ConsumerOptions;
import dev.restbus.client.Failure;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread of a container with its member of the group: poll, handle record by record, ack. A
 * record that fails holds back only its own partition; the bus hands that one out again when its
 * time has come.
 */
final class ListenerLoop {

    private static final Logger LOG = LoggerFactory.getLogger(ListenerLoop.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(20);

    /** The clock of the bus may be behind ours by so much without a retry coming late. */
    private static final Duration DUE_TOLERANCE = Duration.ofSeconds(1);

    private static final long STOP_LIMIT_MS = 10_000;

    /** So many signs of life fit in a session. */
    private static final int SIGNS_A_SESSION = 4;

    private static final int MAX_ERROR_LENGTH = 500;

    private final BusConsumer consumer;
    private final ConsumerOptions options;
    private final RecordHandler handler;
    private final @Nullable Pace pace;
    private final ListenerCounters counters;
    private final Thread thread;
    private final IntervalFunction pauses =
            IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2.0, 0.5, LONGEST_PAUSE);

    private volatile boolean stopping;

    // The rest is for the loop's own thread.

    /** Handled but not yet committed: the next record to read, by partition. */
    private final Map<TopicPartition, Long> progress = new HashMap<>();

    /** Partitions that had a failure in this batch; what is behind it comes again. */
    private final Set<TopicPartition> heldBack = new HashSet<>();

    /** When the earliest held-back record comes again, or null. */
    private @Nullable Instant resumeAt;

    private long lastSignNanos;

    ListenerLoop(
            BusConsumer consumer,
            ConsumerOptions options,
            RecordHandler handler,
            @Nullable Pace pace,
            ListenerCounters counters) {
        this.consumer = consumer;
        this.options = options;
        this.handler = handler;
        this.pace = pace;
        this.counters = counters;
        this.thread = new Thread(this::run, "bus-listener-" + consumer.memberId());
    }

    void start() {
        thread.start();
    }

    /** Ends the loop after the record in hand. */
    void requestStop() {
        stopping = true;
        consumer.wakeup();
    }

    /** Waits for the end; a handler that does not return in time is interrupted. */
    void awaitEnd() {
        try {
            thread.join(STOP_LIMIT_MS);
            if (thread.isAlive()) {
                LOG.warn("{} did not stop in {} ms", thread.getName(), STOP_LIMIT_MS);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            thread.interrupt();
        }
    }

    private void run() {
        try {
            pollUntilStopped();
        } catch (Error e) {
            LOG.error("{} ends: its records go to another member", thread.getName(), e);
            throw e;
        } finally {
            // An interrupt ended the work; it must not end the farewell too.
            Thread.interrupted();
            consumer.close();
            counters.connected(false);
        }
    }

    private void pollUntilStopped() {
        int failures = 0;
        while (!stopping) {
            try {
                Batch batch = consumer.poll(nextWait(Instant.now()));
                counters.connected(true);
                if (failures > 0) {
                    LOG.info("{} goes on", thread.getName());
                }
                failures = 0;
                process(batch);
            } catch (BusClientException e) {
                pauseAfter(e, ++failures);
            } catch (InterruptedException e) {
                stopping = true;
            } catch (RuntimeException e) {
                LOG.error("{} met an unexpected failure", thread.getName(), e);
                consumer.rejoin();
                pause(pauses.apply(++failures));
            }
        }
    }

    /** Not beyond the moment when a held-back record is due. */
    private Duration nextWait(Instant now) {
        if (resumeAt == null) {
            return options.maxWait();
        }
        Duration left = Duration.between(now, resumeAt);
        if (left.compareTo(DUE_TOLERANCE.negated()) < 0) {
            resumeAt = null;
            return options.maxWait();
        }
        Duration wait = left.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : left;
        return wait.compareTo(options.maxWait()) < 0 ? wait : options.maxWait();
    }

    private void process(Batch batch) throws InterruptedException {
        lastSignNanos = System.nanoTime();
        progress.clear();
        heldBack.clear();
        try {
            for (BusRecord record : batch.records()) {
                if (!heldBack.contains(partitionOf(record))) {
                    awaitTurn();
                    if (stopping) {
                        commitProgress();
                        return;
                    }
                    handle(record);
                    showLife();
                }
            }
            if (heldBack.isEmpty()) {
                batch.ack();
            } else {
                commitProgress();
            }
        } catch (InterruptedException e) {
            commitProgress();
            throw e;
        } catch (BusClientException e) {
            // What is left of the batch is dropped here, so it has to be handed out again.
            consumer.rejoin();
            throw e;
        }
    }

    private void handle(BusRecord record) throws InterruptedException {
        try {
            handler.handle(record);
        } catch (InterruptedException | OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            if (stopping) {
                // Perhaps only because of the stop: it is no attempt, and comes again.
                throw new InterruptedException(describe(e));
            }
            fail(record, e);
            return;
        }
        counters.countHandled();
        progress.put(partitionOf(record), record.offset() + 1);
    }

    private void fail(BusRecord record, Throwable error) {
        counters.countFailed();
        commitProgress();
        heldBack.add(partitionOf(record));
        Failure failure = consumer.fail(record, describe(error));
        if (failure instanceof Failure.Attempt attempt) {
            LOG.info("{} failed, attempt {}: {}", record, attempt.attempt(), describe(error));
            if (resumeAt == null || attempt.resumeAt().isBefore(resumeAt)) {
                resumeAt = attempt.resumeAt();
            }
        } else {
            LOG.warn("{} failed for the last time and is a dead letter now", record, error);
            counters.countDeadLettered();
        }
    }

    private void commitProgress() {
        if (!progress.isEmpty()) {
            consumer.commit(progress);
            progress.clear();
        }
    }

    /** Waits for the pace's next turn, showing life meanwhile. */
    private void awaitTurn() throws InterruptedException {
        if (pace == null) {
            return;
        }
        long turnNanos = System.nanoTime() + pace.reserveNanos();
        long leftNanos;
        while (!stopping && (leftNanos = turnNanos - System.nanoTime()) > 0) {
            TimeUnit.NANOSECONDS.sleep(Math.min(leftNanos, signEveryNanos()));
            showLife();
        }
    }

    /** A batch that takes long is committed bit by bit, so that the session does not end. */
    private void showLife() {
        if (System.nanoTime() - lastSignNanos < signEveryNanos()) {
            return;
        }
        if (progress.isEmpty()) {
            consumer.heartbeat();
        } else {
            commitProgress();
        }
        lastSignNanos = System.nanoTime();
    }

    private long signEveryNanos() {
        return options.sessionTimeout().toNanos() / SIGNS_A_SESSION;
    }

    private void pauseAfter(BusClientException failure, int failures) {
        if (stopping) {
            return;
        }
        counters.connected(failure instanceof BusProblemException);
        if (failures == 1) {
            LOG.info("{} will try again: {}", thread.getName(), failure.getMessage());
        }
        Duration after = failure.retryAfter();
        pause(Math.max(pauses.apply(failures), after == null ? 0 : after.toMillis()));
    }

    /** Sleeps in short steps, so that a stop is not held up. */
    private void pause(long ms) {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        try {
            while (!stopping && System.nanoTime() < endNanos) {
                TimeUnit.MILLISECONDS.sleep(Math.min(50, ms));
            }
        } catch (InterruptedException e) {
            stopping = true;
        }
    }

    private static TopicPartition partitionOf(BusRecord record) {
        return new TopicPartition(record.topic(), record.partition());
    }

    private static String describe(Throwable error) {
        String message = error.getMessage();
        String name = error.getClass().getSimpleName();
        String text = message == null || message.isBlank() ? name : name + ": " + message;
        return text.length() > MAX_ERROR_LENGTH ? text.substring(0, MAX_ERROR_LENGTH) : text;
    }
}
