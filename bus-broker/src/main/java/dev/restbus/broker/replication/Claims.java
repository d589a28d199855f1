package dev.restbus.broker.replication;

import dev.restbus.api.ProblemCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The shares of requests with an idempotency key that one partition took within the last {@value
 * #WINDOW_MS} ms of its log's clock. Any thread asks; the partition's holder alone changes it.
 *
 * @see <a href="https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/">The
 *     Idempotency-Key HTTP header field</a>
 */
final class Claims {

    static final long WINDOW_MS = 10 * 60_000L;

    private static final String CLAIM = "claim";
    private static final long RETRY_MS = 10_000;

    /**
     * A share in the log.
     *
     * @param records of the share
     * @param timestampMs of its first record
     * @param storedMs on the clock of the log
     */
    record Share(Claim claim, long baseOffset, int records, long timestampMs, long storedMs) {}

    private final int maxShares;
    private final Map<Long, Share> shares = new ConcurrentHashMap<>();

    /** The oldest first. */
    private final Deque<Share> inOrder = new ArrayDeque<>();

    Claims(int maxShares) {
        this.maxShares = maxShares;
    }

    @Nullable Share find(long id, long nowMs) {
        Share share = shares.get(id);
        return share != null && nowMs - share.storedMs() < WINDOW_MS ? share : null;
    }

    int size() {
        return shares.size();
    }

    /**
     * Makes sure that one more can be remembered.
     *
     * @throws dev.restbus.api.BusException 429 {@code backpressure}
     */
    void requireRoom(long nowMs) {
        expire(nowMs);
        if (inOrder.size() >= maxShares) {
            throw ProblemCode.BACKPRESSURE
                    .problem(
                            "the partition took "
                                    + maxShares
                                    + " requests with an Idempotency-Key within "
                                    + WINDOW_MS / 60_000
                                    + " minutes and remembers no more")
                    .withRetryAfterMs(RETRY_MS)
                    .asException();
        }
    }

    /** A share is in the log. */
    void remember(Share share) {
        shares.put(share.claim().id(), share);
        inOrder.addLast(share);
        while (inOrder.size() > maxShares) {
            drop();
        }
    }

    void expire(long nowMs) {
        while (!inOrder.isEmpty() && nowMs - inOrder.peekFirst().storedMs() >= WINDOW_MS) {
            drop();
        }
    }

    private void drop() {
        Share oldest = inOrder.removeFirst();
        shares.remove(oldest.claim().id(), oldest);
    }

    void appendTo(StringBuilder text) {
        for (Share share : inOrder) {
            text.append(CLAIM).append(' ').append(share.claim().id());
            text.append(' ').append(share.claim().partitionCount());
            text.append(' ').append(share.claim().requestHash());
            text.append(' ').append(share.baseOffset()).append(' ').append(share.records());
            text.append(' ').append(share.timestampMs());
            text.append(' ').append(share.storedMs()).append('\n');
        }
    }

    /** Takes a line of {@link #appendTo}, if it is one of these. */
    void take(String[] line, long nowMs) {
        if (line[0].equals(CLAIM)) {
            Claim claim =
                    new Claim(
                            Long.parseLong(line[1]),
                            Short.parseShort(line[2]),
                            Integer.parseInt(line[3]));
            remember(
                    new Share(
                            claim,
                            Long.parseLong(line[4]),
                            Integer.parseInt(line[5]),
                            Long.parseLong(line[6]),
                            Math.min(nowMs, Long.parseLong(line[7]))));
        }
    }
}
