package dev.restbus.broker.replication;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one partition remembers of its idempotent producers, so that a batch sent again is not
 * stored again: of each, its epoch and its last {@value #REMEMBERED} batches. Rebuilt by {@link
 * #remember} for every batch of the log, in order. A producer that was silent for {@value
 * #EXPIRY_MS} ms, or that is the longest silent of more than {@link #maxProducers}, is forgotten
 * and starts as a new one. Not thread-safe: the partition's holder asks and tells.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-98">KIP-98, sequences</a>
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-360">KIP-360, a producer that
 *     is not known may begin with any sequence</a>
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-854">KIP-854, expiry</a>
 */
final class ProducerState {

    static final int REMEMBERED = 5;
    static final long EXPIRY_MS = 24 * 3_600_000L;

    private final int maxProducers;

    /** The one that was silent longest first. */
    private final Map<Long, Producer> producers = new LinkedHashMap<>();

    ProducerState(int maxProducers) {
        this.maxProducers = maxProducers;
    }

    /**
     * What a batch's header says of its producer.
     *
     * @param epoch 0 or more
     * @param baseSequence of the first record, 0 to 2^31 - 1
     * @param records 1 or more
     */
    record Sequenced(long producerId, short epoch, int baseSequence, int records) {

        /** Of the last record; after 2^31 - 1 comes 0. */
        int lastSequence() {
            return plus(baseSequence, records - 1);
        }
    }

    enum Kind {
        /** It is the next one: append it, then {@link #remember} it. */
        NEXT,
        /** It is in the log already. */
        REPEATED,
        /** Another one has to come first, or came long ago. */
        OUT_OF_ORDER,
        /** The producer has a newer epoch. */
        FENCED
    }

    /**
     * What to do with a batch.
     *
     * @param baseOffset of the first record in the log, for {@link Kind#REPEATED}, else -1
     * @param expectedSequence for {@link Kind#OUT_OF_ORDER}, else -1
     */
    record Verdict(Kind kind, long baseOffset, int expectedSequence) {

        private static final Verdict NEXT = new Verdict(Kind.NEXT, -1, -1);
        private static final Verdict FENCED = new Verdict(Kind.FENCED, -1, -1);
    }

    private record Stored(int baseSequence, int lastSequence, long baseOffset) {}

    private static final class Producer {
        private final short epoch;
        private final Deque<Stored> last = new ArrayDeque<>(REMEMBERED);
        private long lastAppendMs;

        Producer(short epoch) {
            this.epoch = epoch;
        }

        void add(Stored batch, long nowMs) {
            if (last.size() == REMEMBERED) {
                last.removeFirst();
            }
            last.addLast(batch);
            lastAppendMs = nowMs;
        }

        boolean isFollowedBy(Sequenced batch) {
            return last.isEmpty() || batch.baseSequence() == plus(last.getLast().lastSequence(), 1);
        }

        @Nullable Stored find(Sequenced batch) {
            for (Stored stored : last) {
                if (stored.baseSequence() == batch.baseSequence()
                        && stored.lastSequence() == batch.lastSequence()) {
                    return stored;
                }
            }
            return null;
        }
    }

    /** Producers that are remembered. */
    int size() {
        return producers.size();
    }

    /** Says what to do with a batch; changes nothing. */
    Verdict check(Sequenced batch) {
        Producer known = producers.get(batch.producerId());
        if (known == null) {
            return Verdict.NEXT;
        }
        if (batch.epoch() < known.epoch) {
            return Verdict.FENCED;
        }
        if (batch.epoch() > known.epoch) {
            return inOrder(batch, 0);
        }
        Stored stored = known.find(batch);
        return stored != null
                ? new Verdict(Kind.REPEATED, stored.baseOffset(), -1)
                : inOrder(batch, plus(known.last.getLast().lastSequence(), 1));
    }

    /**
     * A batch is in the log. One that does not follow on the last was taken once that was
     * forgotten, which a start need not know of: a life of the producer begins with it.
     */
    void remember(Sequenced batch, long baseOffset, long nowMs) {
        Producer known = producers.remove(batch.producerId());
        if (known == null || known.epoch != batch.epoch() || !known.isFollowedBy(batch)) {
            known = new Producer(batch.epoch());
        }
        known.add(new Stored(batch.baseSequence(), batch.lastSequence(), baseOffset), nowMs);
        producers.put(batch.producerId(), known);
        if (producers.size() > maxProducers) {
            producers.remove(producers.keySet().iterator().next());
        }
    }

    /** Forgets who was silent too long. */
    void expire(long nowMs) {
        Iterator<Producer> oldest = producers.values().iterator();
        while (oldest.hasNext() && nowMs - oldest.next().lastAppendMs >= EXPIRY_MS) {
            oldest.remove();
        }
    }

    private static final String PRODUCER = "producer";

    /** Appends a line a producer, the one that was silent longest first. */
    void appendTo(StringBuilder text) {
        producers.forEach(
                (id, producer) -> {
                    text.append(PRODUCER).append(' ').append(id).append(' ').append(producer.epoch);
                    text.append(' ').append(producer.lastAppendMs);
                    for (Stored stored : producer.last) {
                        text.append(' ').append(stored.baseSequence());
                        text.append(' ').append(stored.lastSequence());
                        text.append(' ').append(stored.baseOffset());
                    }
                    text.append('\n');
                });
    }

    /** Takes a line of {@link #appendTo}, if it is one of these. */
    void take(String[] line, long nowMs) {
        if (!line[0].equals(PRODUCER)) {
            return;
        }
        Producer producer = new Producer(Short.parseShort(line[2]));
        long lastMs = Math.min(nowMs, Long.parseLong(line[3]));
        for (int i = 4; i + 2 < line.length; i += 3) {
            int base = Integer.parseInt(line[i]);
            int last = Integer.parseInt(line[i + 1]);
            producer.add(new Stored(base, last, Long.parseLong(line[i + 2])), lastMs);
        }
        producers.put(Long.parseLong(line[1]), producer);
    }

    private static Verdict inOrder(Sequenced batch, int expected) {
        return batch.baseSequence() == expected
                ? Verdict.NEXT
                : new Verdict(Kind.OUT_OF_ORDER, -1, expected);
    }

    private static int plus(int sequence, int records) {
        return (int) ((sequence + (long) records) & Integer.MAX_VALUE);
    }
}
