package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.GroupFixture.Polled;
import dev.restbus.broker.group.Groups.FailureOutcome;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.broker.log.PartitionLog;
import dev.restbus.broker.log.Retention;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetEntry.DeadLetterMove;
import dev.restbus.broker.offsets.OffsetEntry.Retry;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetsPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailuresTest {

    private static final String DLQ = "g.dlq";

    @TempDir Path folder;
    private GroupFixture bus;

    @BeforeEach
    void start() {
        bus = new GroupFixture(folder.resolve("data"));
        bus.topic("t", 1);
        bus.produce("t", 0, 8);
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
    }

    /** semantics: 0..7, offset 3 always fails, four attempts a second apart, then 4 is next. */
    @Test
    void aRecordThatAlwaysFailsIsTriedAt0123SecondsAndThenLeavesForTheDeadLetterTopic() {
        long beginMs = bus.clock.nowMs();
        Polled first = bus.poll("a").topics("t").get().received();
        assertThat(first.offsets()).hasSize(8);
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 3);

        for (int attempt = 1; attempt <= 3; attempt++) {
            assertThat(bus.clock.nowMs() - beginMs).isEqualTo((attempt - 1) * 1_000L);
            FailureOutcome outcome = fail("a", 3);
            assertThat(outcome.attempt()).isEqualTo(attempt);
            assertThat(outcome.resumeAtMs()).isEqualTo(bus.clock.nowMs() + 1_000);
            Polled held = bus.poll("a").get().received();
            assertThat(held.records()).isEmpty();
            assertThat(held.answer().held())
                    .containsExactly(
                            new PollAnswer.Held(
                                    new TopicPartition("t", 0), bus.clock.nowMs() + 1_000));
            CompletableFuture<Polled> parked = bus.poll("a").waitMs(30_000).send();
            bus.awaitParked(1);
            bus.clock.advance(999);
            assertThat(parked).isNotDone();
            bus.clock.advance(1);
            assertThat(GroupFixture.get(parked).received().offsets())
                    .containsExactly(3L, 4L, 5L, 6L, 7L);
        }

        FailureOutcome last = fail("a", 3);
        assertThat(bus.clock.nowMs() - beginMs).isEqualTo(3_000);
        assertThat(last.nextOffset()).isEqualTo(4);
        assertThat(bus.committed("t", 0)).isEqualTo(4);
        assertThat(bus.poll("a").get().received().offsets()).containsExactly(4L, 5L, 6L, 7L);
        assertThat(bus.stored(DLQ, 0))
                .containsExactly(
                        Map.ofEntries(
                                Map.entry("key", "k-v3"),
                                Map.entry("value", "v3"),
                                Map.entry("bus-dlq-origin-topic", "t"),
                                Map.entry("bus-dlq-origin-partition", "0"),
                                Map.entry("bus-dlq-origin-offset", "3"),
                                Map.entry("bus-dlq-origin-timestamp", Long.toString(beginMs)),
                                Map.entry("bus-dlq-group", "g"),
                                Map.entry("bus-dlq-attempts", "4"),
                                Map.entry("bus-dlq-reason", "max-attempts"),
                                Map.entry(
                                        "bus-dlq-first-failure",
                                        Instant.ofEpochMilli(beginMs).toString()),
                                Map.entry(
                                        "bus-dlq-last-failure",
                                        Instant.ofEpochMilli(beginMs + 3_000).toString()),
                                Map.entry("bus-dlq-error-message", "boom")));
    }

    @Test
    void whatWasHandedOutBehindAFailureIsNotCommitted() {
        Polled first = bus.poll("a").topics("t").max(5).get().received();
        fail("a", 0);
        bus.clock.advance(1_000);
        Polled again = bus.poll("a").max(1).get().received();
        assertThat(again.offsets()).containsExactly(0L);
        assertThat(bus.committed("t", 0)).isNull();
        assertProblem(
                () -> bus.poll("a").ack(first.answer().batch()).get(),
                ProblemCode.STALE_MEMBER_EPOCH);
        bus.poll("a").max(1).ack(again.answer().batch()).get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(1);
    }

    @Test
    void otherPartitionsGoOnWhileOneIsHeld() {
        bus.topic("u", 1);
        bus.produce("u", 0, 1);
        bus.poll("a").topics("t", "u").get().received();
        fail("a", 0);
        bus.produce("u", 0, 1);
        Polled next = bus.poll("a").get().received();
        assertThat(next.records()).hasSize(1);
        assertThat(next.records().get(0).topic()).isEqualTo("u");
        assertThat(next.answer().held()).hasSize(1);
    }

    @Test
    void aRepeatedReportCountsOnceUntilTheRecordComesAgain() {
        bus.poll("a").topics("t").get().received();
        FailureOutcome first = fail("a", 0);
        bus.clock.advance(400);
        assertThat(fail("a", 0)).isEqualTo(first);
        bus.clock.advance(5_000);
        assertThat(fail("a", 0)).as("long after the backoff").isEqualTo(first);
        bus.poll("a").get().received();
        assertThat(fail("a", 0).attempt()).isEqualTo(2);
    }

    @Test
    void aReportThatIsRepeatedAfterARestartCountsOnce() {
        bus.poll("a").topics("t").get().received();
        fail("a", 0);
        bus.restart();
        assertThat(fail("a", 0).attempt()).isEqualTo(1);
        bus.clock.advance(1_000);
        assertThat(bus.poll("a").get().received().offsets()).startsWith(0L);
        assertThat(fail("a", 0).attempt()).isEqualTo(2);
    }

    /** It reads from the leader itself: nobody here knows when it has the record again. */
    @Test
    void aMemberThatDoesNotPollCountsOnceABackoff() {
        GroupFixture.get(
                bus.groups()
                        .join(
                                new Joining(
                                        GroupFixture.GROUP, "a", List.of("t"), null, null, null)));
        for (int attempt = 1; attempt <= 3; attempt++) {
            FailureOutcome counted = fail("a", 0);
            assertThat(counted.attempt()).isEqualTo(attempt);
            bus.clock.advance(999);
            assertThat(fail("a", 0)).as("repeated").isEqualTo(counted);
            bus.clock.advance(1);
        }
        assertThat(fail("a", 0).nextOffset()).isEqualTo(1);
        assertThat(bus.stored(DLQ, 0)).hasSize(1);
    }

    @Test
    void aCommitThatGoesBackStopsTheMoveOfARecordBehindIt() {
        Polled first = bus.poll("a").topics("t").get().received();
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 5);
        noteMove(5);
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 2);
        bus.restart();
        assertThat(bus.poll("a").get().offsets()).startsWith(2L, 3L);
        bus.awaitWorkers();
        assertThat(bus.committed("t", 0)).isEqualTo(2);
        assertThat(bus.stored(DLQ, 0)).isEmpty();
    }

    @Test
    void theRecordBehindACompactedHoleCanFail() {
        Polled first = bus.poll("a").topics("t").get().received();
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 1);
        compactAway("v1", "v2");
        assertProblem(() -> fail("a", 4), ProblemCode.INVALID_VALUE);
        assertProblem(() -> fail("a", 2), ProblemCode.INVALID_VALUE);
        assertThat(fail("a", 3).attempt()).isEqualTo(1);
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 1);
        assertThat(bus.poll("a").get().received().records()).as("held").isEmpty();
        for (int attempt = 2; attempt <= 4; attempt++) {
            bus.clock.advance(1_000);
            assertThat(bus.poll("a").get().received().offsets()).startsWith(3L, 4L);
            assertThat(fail("a", 3).attempt()).isEqualTo(attempt);
        }
        assertThat(bus.committed("t", 0)).isEqualTo(4);
        assertThat(bus.stored(DLQ, 0)).extracting(letter -> letter.get("value")).containsOnly("v3");
    }

    @Test
    void aTakeoverInFrontOfACompactedHoleWaitsOutTheBackoff() {
        Polled first = bus.poll("a").topics("t").get().received();
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 1);
        compactAway("v1", "v2");
        fail("a", 3);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        assertThat(bus.poll("b").topics("t").get().received().records()).isEmpty();
        bus.clock.advance(1_000);
        assertThat(bus.poll("b").get().received().offsets()).startsWith(3L, 4L);
        assertThat(fail("b", 3).attempt()).isEqualTo(2);
    }

    @Test
    void onlyTheHeadCanFail() {
        bus.poll("a").topics("t").get().received();
        assertProblem(() -> fail("a", 3), ProblemCode.INVALID_VALUE);
        assertProblem(() -> fail("a", 8), ProblemCode.OFFSET_BEYOND_LOG_END);
        assertThat(fail("a", 0).attempt()).isEqualTo(1);
    }

    @Test
    void onlyTheOwnerCanReport() {
        bus.poll("a").topics("t").get().received();
        assertProblem(() -> fail("nobody", 0), ProblemCode.UNKNOWN_MEMBER);
        bus.poll("b").topics("t").get().received();
        assertProblem(() -> fail("b", 0), ProblemCode.STALE_MEMBER_EPOCH);
    }

    @Test
    void attemptsSurviveARestartAndTheBackoffRunsAgainInFull() {
        bus.poll("a").topics("t").get().received();
        fail("a", 0);
        bus.clock.advance(900);
        bus.restart();
        assertThat(bus.poll("a").get().received().records()).isEmpty();
        bus.clock.advance(999);
        assertThat(bus.poll("a").get().received().records()).isEmpty();
        bus.clock.advance(1);
        assertThat(bus.poll("a").get().received().records()).hasSize(8);
        assertThat(fail("a", 0).attempt()).isEqualTo(2);
    }

    @Test
    void aTakeoverDoesNotShortenTheBackoffAndGoesOnCounting() {
        bus.poll("a").topics("t").get().received();
        fail("a", 0);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        assertThat(bus.poll("b").topics("t").get().received().records()).isEmpty();
        bus.clock.advance(1_000);
        assertThat(bus.poll("b").get().received().records()).hasSize(8);
        assertThat(fail("b", 0).attempt()).isEqualTo(2);
    }

    @Test
    void aCommitBehindTheRecordForgetsItsAttempts() {
        Polled first = bus.poll("a").topics("t").get().received();
        fail("a", 0);
        bus.clock.advance(1_000);
        bus.poll("a").get().received();
        bus.commit("a", first.answer().memberEpoch(), "t", 0, 1);
        assertThat(fail("a", 1).attempt()).isEqualTo(1);
    }

    @Test
    void theGroupsPolicyDecides() {
        GroupFixture.get(
                bus.groups().configure(GroupFixture.GROUP, new RetryPolicy(1, 0, "failed")));
        bus.poll("a").topics("t").get().received();
        assertThat(fail("a", 0).nextOffset()).isEqualTo(1);
        assertThat(bus.stored("failed", 0)).hasSize(1);
        FailureOutcome repeated = fail("a", 0);
        assertThat(repeated.nextOffset()).isEqualTo(1);
        assertThat(bus.stored("failed", 0)).hasSize(1);
    }

    @Test
    void aMoveCutOffBeforeTheCopyIsFinishedAfterTheRestart() {
        noteMove();
        bus.restart();
        awaitCommitted(1);
        assertThat(bus.stored(DLQ, 0)).hasSize(1);
    }

    @Test
    void aMoveCutOffBehindTheCopyIsFinishedWithoutASecondOne() {
        noteMove();
        OffsetsPartition offsets = offsets();
        // The copy is written as the move does it, then the entry is put back: as if the crash came
        // between the two.
        OffsetEntry noted = Objects.requireNonNull(offsets.peek(key()));
        DeadLetters moves =
                new DeadLetters(
                        new GroupServices(
                                bus.channel,
                                bus.offsets(),
                                bus.partitions(),
                                bus.clock,
                                Runnable::run),
                        bus.topicCreation());
        GroupFixture.get(moves.move(offsets, key()));
        assertThat(bus.stored(DLQ, 0)).hasSize(1);
        GroupFixture.get(
                offsets.update(
                                draft -> {
                                    draft.put(key(), noted);
                                    return noted;
                                })
                        .whenDurable());
        bus.restart();
        awaitCommitted(1);
        assertThat(bus.stored(DLQ, 0)).hasSize(1);
        assertThat(bus.poll("a").get().offsets()).startsWith(1L);
    }

    @Test
    void aMoveCutOffBehindTheCommitStaysDone() {
        GroupFixture.get(bus.groups().configure(GroupFixture.GROUP, new RetryPolicy(1, 0, null)));
        bus.poll("a").topics("t").get().received();
        fail("a", 0);
        bus.restart();
        assertThat(bus.committed("t", 0)).isEqualTo(1);
        assertThat(bus.poll("a").get().offsets()).startsWith(1L);
        assertThat(bus.stored(DLQ, 0)).hasSize(1);
    }

    @Test
    void anErrorIsCutBetweenCharacters() {
        assertThat(Failures.cut("é".repeat(600)))
                .isEqualTo("é".repeat(Failures.MAX_ERROR_BYTES / 2));
        assertThat(Failures.cut("x" + "é".repeat(600))).isEqualTo("x" + "é".repeat(511));
    }

    /** Newer records of the same keys, and a compaction that takes the old ones. */
    private void compactAway(String... values) {
        PartitionLog log = bus.leader("t", 0).log();
        log.configure(
                LogSettings.DEFAULT
                        .withSegmentBytes(1024)
                        .withRetention(new Retention(-1, -1, 1, 0)));
        bus.produce("t", 0, values);
        bus.produce("t", 0, "x".repeat(1_000));
        bus.produce("t", 0, "y");
        assertThat(log.clean(log.durableEnd(), () -> false)).isTrue();
        assertThat(bus.stored("t", 0))
                .extracting(record -> record.get("value"))
                .doesNotHaveDuplicates();
    }

    /** The first durable step of a move and nothing after it. */
    private void noteMove() {
        bus.poll("a").topics("t").get().received();
        noteMove(0);
    }

    private void noteMove(long offset) {
        bus.topic(DLQ, 1);
        GroupFixture.get(
                offsets()
                        .update(
                                draft -> {
                                    OffsetEntry entry = draft.getOrFresh(key(), "t");
                                    draft.put(key(), entry.moving(retryAt(offset), moveOf(offset)));
                                    return entry;
                                })
                        .whenDurable());
    }

    private static Retry retryAt(long offset) {
        return new Retry(offset, 4, 1, 2, "boom");
    }

    private DeadLetterMove moveOf(long offset) {
        return new DeadLetterMove(offset, DLQ, bus.leader(DLQ, 0).topicId(), 0, 0);
    }

    private OffsetKey key() {
        return new OffsetKey(GroupFixture.GROUP, bus.leader("t", 0).topicId(), 0);
    }

    private OffsetsPartition offsets() {
        return GroupFixture.get(bus.offsets().open(GroupFixture.GROUP));
    }

    private void awaitCommitted(long offset) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!Objects.equals(bus.committed("t", 0), offset)) {
            assertThat(System.nanoTime()).as("the move is finished").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private FailureOutcome fail(String memberId, long offset) {
        return GroupFixture.get(
                bus.groups()
                        .fail(
                                GroupFixture.GROUP,
                                memberId,
                                new TopicPartition("t", 0),
                                offset,
                                "boom"));
    }

    private static void assertProblem(ThrowingCallable call, ProblemCode code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BusException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
