package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.replication.ProducerState.Kind;
import dev.restbus.broker.replication.ProducerState.Sequenced;
import dev.restbus.broker.replication.ProducerState.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.junit.jupiter.api.Test;

class ProducerStateTest {

    private static final long SEED = Long.getLong("restbus.seed", 98);
    private static final int MAX = Integer.MAX_VALUE;

    private final ProducerState state = new ProducerState(100);

    private Verdict check(int epoch, int sequence, int records) {
        return state.check(new Sequenced(7, (short) epoch, sequence, records));
    }

    private void remember(int epoch, int sequence, int records, long baseOffset) {
        state.remember(new Sequenced(7, (short) epoch, sequence, records), baseOffset, 0);
    }

    @Test
    void anUnknownProducerBeginsAnywhereAndGoesOnInOrder() {
        assertThat(check(3, 50, 2).kind()).isEqualTo(Kind.NEXT);
        remember(3, 50, 2, 10);
        assertThat(check(3, 52, 1).kind()).isEqualTo(Kind.NEXT);
        assertThat(check(3, 53, 1)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 52));
        assertThat(check(3, 0, 1)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 52));
    }

    @Test
    void oneOfTheLastFiveSentAgainHasItsOldOffset() {
        for (int i = 0; i < 6; i++) {
            remember(0, i * 2, 2, 100 + i * 10);
        }
        for (int i = 1; i < 6; i++) {
            assertThat(check(0, i * 2, 2)).isEqualTo(new Verdict(Kind.REPEATED, 100 + i * 10, -1));
        }
        assertThat(check(0, 0, 2)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 12));
        assertThat(check(0, 10, 1)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 12));
        assertThat(check(0, 8, 4)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 12));
    }

    @Test
    void aLowerEpochIsFencedAndAHigherOneBeginsAtZero() {
        remember(5, 0, 3, 0);
        assertThat(check(4, 3, 1).kind()).isEqualTo(Kind.FENCED);
        assertThat(check(4, 0, 3).kind()).isEqualTo(Kind.FENCED);
        assertThat(check(6, 3, 1)).isEqualTo(new Verdict(Kind.OUT_OF_ORDER, -1, 0));
        assertThat(check(6, 0, 3).kind()).isEqualTo(Kind.NEXT);
        remember(6, 0, 3, 3);
        assertThat(check(6, 0, 3)).isEqualTo(new Verdict(Kind.REPEATED, 3, -1));
        assertThat(check(5, 3, 1).kind()).isEqualTo(Kind.FENCED);
    }

    @Test
    void afterTheLastSequenceComesZero() {
        remember(0, MAX - 1, 2, 0);
        assertThat(check(0, 0, 1).kind()).isEqualTo(Kind.NEXT);
        state.remember(new Sequenced(8, (short) 0, MAX - 1, 4), 5, 0);
        assertThat(state.check(new Sequenced(8, (short) 0, 2, 1)).kind()).isEqualTo(Kind.NEXT);
    }

    @Test
    void theSilentAreForgottenAfterADayAndTheLongestSilentBeforeTheBound() {
        ProducerState small = new ProducerState(2);
        Sequenced a = new Sequenced(1, (short) 0, 0, 1);
        Sequenced b = new Sequenced(2, (short) 0, 0, 1);
        Sequenced c = new Sequenced(3, (short) 0, 0, 1);
        small.remember(a, 0, 0);
        small.remember(b, 1, 10);
        small.remember(new Sequenced(1, (short) 0, 1, 1), 2, 20);
        small.remember(c, 3, 30);
        assertThat(small.size()).isEqualTo(2);
        assertThat(small.check(b).kind()).isEqualTo(Kind.NEXT);
        assertThat(small.check(a).kind()).isEqualTo(Kind.REPEATED);
        small.expire(19 + ProducerState.EXPIRY_MS);
        assertThat(small.size()).isEqualTo(2);
        small.expire(20 + ProducerState.EXPIRY_MS);
        assertThat(small.check(a).kind()).isEqualTo(Kind.NEXT);
        assertThat(small.check(c).kind()).isEqualTo(Kind.REPEATED);
    }

    /** All that was ever stored, in order; nothing is worked out before it is asked for. */
    private static final class Model {

        private record Entry(Sequenced batch, long baseOffset, long atMs) {}

        private final List<Entry> all = new ArrayList<>();

        private List<Entry> of(long producerId, long nowMs) {
            List<Entry> own =
                    all.stream().filter(e -> e.batch().producerId() == producerId).toList();
            int from = own.size();
            long nextMs = nowMs;
            while (from > 0 && nextMs - own.get(from - 1).atMs() < ProducerState.EXPIRY_MS) {
                nextMs = own.get(--from).atMs();
            }
            return own.subList(from, own.size());
        }

        Verdict check(Sequenced batch, long nowMs) {
            List<Entry> own = of(batch.producerId(), nowMs);
            if (own.isEmpty()) {
                return new Verdict(Kind.NEXT, -1, -1);
            }
            Entry newest = own.get(own.size() - 1);
            short epoch = newest.batch().epoch();
            if (batch.epoch() < epoch) {
                return new Verdict(Kind.FENCED, -1, -1);
            }
            int expected = 0;
            if (batch.epoch() == epoch) {
                for (Entry entry : own.subList(Math.max(0, own.size() - 5), own.size())) {
                    if (entry.batch().equals(batch)) {
                        return new Verdict(Kind.REPEATED, entry.baseOffset(), -1);
                    }
                }
                expected =
                        DefaultRecordBatch.incrementSequence(
                                newest.batch().baseSequence(), newest.batch().records());
            }
            return batch.baseSequence() == expected
                    ? new Verdict(Kind.NEXT, -1, -1)
                    : new Verdict(Kind.OUT_OF_ORDER, -1, expected);
        }
    }

    @Test
    void itSaysWhatAListOfEverythingStoredSays() {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        Model model = new Model();
        Map<Kind, Integer> seen = new EnumMap<>(Kind.class);
        long offset = 0;
        long nowMs = 0;
        for (int i = 0; i < 20_000; i++) {
            nowMs += random.nextInt(200) == 0 ? ProducerState.EXPIRY_MS / 2 : random.nextInt(1000);
            state.expire(nowMs);
            Sequenced batch = randomBatch(random, model, nowMs);
            Verdict verdict = state.check(batch);
            assertThat(verdict).as("step %d, %s", i, batch).isEqualTo(model.check(batch, nowMs));
            seen.merge(verdict.kind(), 1, Integer::sum);
            if (verdict.kind() == Kind.NEXT) {
                state.remember(batch, offset, nowMs);
                model.all.add(new Model.Entry(batch, offset, nowMs));
                offset += batch.records();
                forgetTheOldest(model);
            }
        }
        assertThat(seen.keySet()).containsExactly(Kind.values());
        assertThat(seen.values()).allMatch(count -> count > 500);
    }

    /** Keeps the model fast; what is gone is far older than the last five of anyone. */
    private static void forgetTheOldest(Model model) {
        if (model.all.size() > 600) {
            model.all.subList(0, 300).clear();
        }
    }

    private static Sequenced randomBatch(Random random, Model model, long nowMs) {
        long producerId = random.nextInt(4);
        int records = 1 + random.nextInt(3);
        List<Model.Entry> own = model.of(producerId, nowMs);
        if (own.isEmpty()) {
            return new Sequenced(producerId, (short) random.nextInt(3), MAX - 20, records);
        }
        Sequenced newest = own.get(own.size() - 1).batch();
        int next = DefaultRecordBatch.incrementSequence(newest.baseSequence(), newest.records());
        switch (random.nextInt(10)) {
            case 0:
                return own.get(random.nextInt(own.size())).batch();
            case 1:
                return new Sequenced(producerId, newest.epoch(), random.nextInt(50), records);
            case 2:
                int epoch = Math.max(0, newest.epoch() + random.nextInt(3) - 1);
                return new Sequenced(producerId, (short) epoch, 0, records);
            case 3:
                return own.get(Math.max(0, own.size() - 1 - random.nextInt(7))).batch();
            default:
                return new Sequenced(producerId, newest.epoch(), next, records);
        }
    }

    /** As after a start: the log has a batch of a life of the producer that was forgotten. */
    @Test
    void theNewestOfTwoBatchesWithOneSequenceIsTheRepeated() {
        ProducerState state = new ProducerState(10);
        ProducerState.Sequenced first = new ProducerState.Sequenced(7, (short) 0, 0, 2);
        state.remember(first, 3, 0);
        state.remember(first, 90, 0);
        assertThat(state.check(first).baseOffset()).isEqualTo(90);
    }

    @Test
    void aBatchOfAForgottenLifeIsNotTakenForARepeat() {
        for (int sequence = 0; sequence < 3; sequence++) {
            remember(0, sequence, 1, 10 + sequence);
        }
        remember(0, 0, 1, 90);
        assertThat(check(0, 1, 1).kind()).isEqualTo(ProducerState.Kind.NEXT);
        assertThat(check(0, 0, 1).baseOffset()).isEqualTo(90);
    }
}
