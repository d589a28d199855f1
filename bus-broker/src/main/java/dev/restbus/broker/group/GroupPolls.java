package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import dev.restbus.broker.offsets.OffsetsPartition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Polls of group members: join, commit, confirm, read, in one call. A poll that finds nothing waits
 * without a thread. Thread-safe.
 */
final class GroupPolls {

    private static final long PARKED_RETRY_MS = 1_000;

    private final GroupServices services;
    private final Sessions sessions;
    private final Failures failures;
    private final int maxParked;
    private final Joins joins;
    private final Commits commits;
    private final Ownership ownership;
    private final AtomicInteger parked = new AtomicInteger();

    GroupPolls(GroupServices services, Sessions sessions, Failures failures, int maxParked) {
        this.services = services;
        this.sessions = sessions;
        this.failures = failures;
        this.maxParked = maxParked;
        this.joins = new Joins(services.channel());
        this.commits = new Commits(services);
        this.ownership = new Ownership(services);
    }

    /**
     * Serves one poll.
     *
     * @param sink takes the records before the future completes
     * @return fails with 400 {@code invalid-parameter} for an ack that does not parse, 409 {@code
     *     stale-member-epoch} for one that counts no more, 409 {@code no-committed-offset}, 416
     *     {@code offset-out-of-range}, 429 {@code too-many-parked}, and as {@link Joins#joined}
     */
    CompletableFuture<PollAnswer> poll(PollRequest request, RecordSink sink) {
        return sessions.inside(
                request.group(),
                request.memberId(),
                session -> new Poll(this, request, session, sink).start());
    }

    GroupServices services() {
        return services;
    }

    Joins joins() {
        return joins;
    }

    Commits commits() {
        return commits;
    }

    Ownership ownership() {
        return ownership;
    }

    Failures failures() {
        return failures;
    }

    boolean isClosing() {
        return sessions.isClosed();
    }

    CompletableFuture<OffsetsPartition> offsets(String group) {
        return services.hop(services.offsets().open(group));
    }

    /**
     * Counts one more parked poll.
     *
     * @throws BusException 429 {@code too-many-parked}
     */
    void park() {
        if (parked.incrementAndGet() > maxParked) {
            parked.decrementAndGet();
            throw ProblemCode.TOO_MANY_PARKED
                    .problem(maxParked + " polls are waiting, which is the most allowed")
                    .withRetryAfterMs(PARKED_RETRY_MS)
                    .asException();
        }
    }

    void unpark() {
        parked.decrementAndGet();
    }

    int parked() {
        return parked.get();
    }
}
