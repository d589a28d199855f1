package dev.restbus.broker.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HighWatermarkTest {

    private int waits;
    private final HighWatermark mark = new HighWatermark(10, Runnable::run, () -> waits++);
    private final List<String> told = new ArrayList<>();

    @Test
    void whoWaitsForWhatIsThereIsToldAtOnce() {
        assertThat(await("a", 10)).isNull();
        assertThat(told).containsExactly("a");
    }

    @Test
    void theOwnerHearsOfThoseWhoReallyWait() {
        await("there already", 10);
        assertThat(waits).isZero();
        await("not yet", 11);
        assertThat(waits).isEqualTo(1);
    }

    @Test
    void whoWaitsIsToldOnceWhenTheMarkArrives() {
        await("a", 12);
        mark.advance(11);
        assertThat(told).isEmpty();
        mark.advance(12);
        mark.advance(13);
        assertThat(told).containsExactly("a");
    }

    @Test
    void theMarkNeverGoesBack() {
        mark.advance(20);
        mark.advance(15);
        assertThat(mark.offset()).isEqualTo(20);
    }

    @Test
    void whoCancelledIsNotTold() {
        HighWatermark.Waiter waiter = await("a", 12);
        assertThat(waiter).isNotNull();
        assertThat(waiter.cancel()).isTrue();
        mark.advance(12);
        assertThat(told).isEmpty();
        assertThat(waiter.cancel()).isFalse();
    }

    @Test
    void whoIsPastTheDeadlineHearsThatTheOutcomeIsUnknown() {
        mark.await(12, 100, failure -> told.add(codeOf(failure)));
        mark.await(12, 300, failure -> told.add(codeOf(failure)));
        mark.await(12, HighWatermark.NO_DEADLINE, failure -> told.add(codeOf(failure)));
        mark.expire(200);
        assertThat(told).containsExactly("outcome-unknown");
        mark.advance(12);
        assertThat(told).containsExactly("outcome-unknown", "reached", "reached");
    }

    @Test
    void aStoppedReplicaFailsThoseWhoWaitAndThoseWhoCome() {
        BusException stopped = ProblemCode.REPLICA_FENCED.exception("the disk failed");
        await("a", 12);
        mark.fail(stopped);
        await("b", 12);
        await("c", 10);
        assertThat(told).containsExactly("a:replica-fenced", "b:replica-fenced", "c");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void behavesLikeASortedListOfWaits(long seed) {
        Random random = new Random(seed);
        List<Long> model = new ArrayList<>();
        List<Long> fired = new ArrayList<>();
        long at = 10;
        for (int step = 0; step < 2_000; step++) {
            if (random.nextInt(3) > 0) {
                long wanted = at + random.nextInt(20);
                mark.await(wanted, HighWatermark.NO_DEADLINE, failure -> fired.add(wanted));
                model.add(wanted);
            } else {
                at += random.nextInt(5);
                mark.advance(at);
            }
            long reached = at;
            List<Long> due = model.stream().filter(w -> w <= reached).toList();
            assertThat(fired).as("seed %d step %d", seed, step).hasSameSizeAs(due);
            assertThat(mark.waiting()).isEqualTo(model.size() - due.size());
        }
        assertThat(fired.stream().sorted(Comparator.naturalOrder()).toList())
                .isEqualTo(model.stream().filter(w -> w <= mark.offset()).sorted().toList());
    }

    private HighWatermark.Waiter await(String name, long offset) {
        return mark.await(
                offset,
                HighWatermark.NO_DEADLINE,
                failure -> told.add(failure == null ? name : name + ":" + codeOf(failure)));
    }

    private static String codeOf(BusException failure) {
        return failure == null ? "reached" : failure.problem().code().wireName();
    }
}
