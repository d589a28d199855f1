package dev.restbus.client;

import dev.restbus.api.Outcome;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Repeats calls by {@link RetryLimits}, behind one circuit breaker for all of them: while the bus
 * is gone, callers find out at once instead of queueing up before it. Safe for any number of
 * threads.
 */
final class Resilience {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration OPEN = Duration.ofSeconds(1);

    private final CircuitBreaker breaker = CircuitBreaker.of("bus", breakerConfig());
    private final IntervalFunction pauses =
            IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2.0, 0.5, LONGEST_PAUSE);

    /** Runs the call until it succeeds or the limits are reached; throws its last failure. */
    <T> T call(RetryLimits limits, Supplier<T> call) {
        long startNanos = System.nanoTime();
        RetryConfig config =
                RetryConfig.<T>custom()
                        .maxAttempts(limits.maxAttempts())
                        .retryOnException(failure -> mayRepeat(limits, startNanos, failure))
                        .intervalBiFunction((attempt, last) -> pauseMs(attempt, last.getLeft()))
                        .build();
        return Retry.of("bus", config).executeSupplier(() -> guarded(call));
    }

    private <T> T guarded(Supplier<T> call) {
        try {
            return breaker.executeSupplier(call);
        } catch (CallNotPermittedException e) {
            throw BusUnavailableException.circuitOpen(Duration.ZERO);
        }
    }

    private static boolean mayRepeat(RetryLimits limits, long startNanos, Throwable failure) {
        return failure instanceof BusClientException e
                && e.retryable()
                && (e.outcome() == Outcome.NONE
                        || (limits.atLeastOnce() && e.outcome() == Outcome.UNKNOWN))
                && withinTime(limits, startNanos, e);
    }

    /** Whether the time left is enough for the pause that the bus asked for. */
    private static boolean withinTime(
            RetryLimits limits, long startNanos, BusClientException failure) {
        Duration after = failure.retryAfter();
        long neededNanos = System.nanoTime() - startNanos + (after == null ? 0 : after.toNanos());
        return neededNanos < limits.totalTime().toNanos();
    }

    private long pauseMs(int attempt, Throwable failure) {
        long pauseMs = pauses.apply(attempt);
        Duration after = ((BusClientException) failure).retryAfter();
        return after == null ? pauseMs : Math.max(pauseMs, after.toMillis());
    }

    private static CircuitBreakerConfig breakerConfig() {
        return CircuitBreakerConfig.custom()
                .slidingWindowSize(20)
                .minimumNumberOfCalls(10)
                .failureRateThreshold(50)
                .waitDurationInOpenState(OPEN)
                .permittedNumberOfCallsInHalfOpenState(3)
                .recordException(Resilience::countsAgainstTheBus)
                .build();
    }

    /** A refused record says nothing about the bus; silence and 5xx do. */
    private static boolean countsAgainstTheBus(Throwable failure) {
        return failure instanceof BusUnavailableException unavailable
                ? unavailable.retryable()
                : failure instanceof BusProblemException problem && problem.status() >= 500;
    }
}
