package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.Acks;
import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.BatchBuilder;
import dev.restbus.api.batch.RecordHeaders;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.GroupFixture.Polled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupPollsTest {

    @TempDir Path folder;
    private GroupFixture bus;

    @BeforeEach
    void start() {
        bus = new GroupFixture(folder.resolve("data"));
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
    }

    @Test
    void afterProcessing0To3TheCommitIs4AndATakeoverReads4() {
        bus.topic("t", 1);
        bus.produce("t", 0, 6);
        Polled first = bus.poll("a").topics("t").max(4).get().received();
        assertThat(first.offsets()).containsExactly(0L, 1L, 2L, 3L);
        bus.poll("a").ack(first.answer().batch()).max(1).get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(4);

        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        assertThat(bus.poll("b").topics("t").get().offsets()).containsExactly(4L, 5L);
    }

    @Test
    void theNextPollCommitsTheBatchBeforeAndNeverItsOwn() {
        bus.topic("t", 1);
        bus.produce("t", 0, 5);
        bus.poll("a").topics("t").max(2).get().received();
        assertThat(bus.committed("t", 0)).isNull();
        Polled second = bus.poll("a").max(2).get().received();
        assertThat(second.offsets()).containsExactly(2L, 3L);
        assertThat(bus.committed("t", 0)).isEqualTo(2);
    }

    @Test
    void aBatchThatDidNotReachTheMemberIsHandedOutAgainAndNotCommitted() {
        bus.topic("t", 1);
        bus.produce("t", 0, 5);
        bus.poll("a").topics("t").max(2).get().received();
        bus.poll("a").max(2).get().lost();
        Polled again = bus.poll("a").max(2).get();
        assertThat(again.offsets()).containsExactly(2L, 3L);
        assertThat(bus.committed("t", 0)).isEqualTo(2);
    }

    @Test
    void withoutAutoCommitNothingIsCommittedAndReadingGoesOn() {
        bus.topic("t", 1);
        bus.produce("t", 0, 4);
        bus.poll("a").topics("t").noAutoCommit().max(2).get().received();
        Polled second = bus.poll("a").noAutoCommit().max(2).get().received();
        assertThat(second.offsets()).containsExactly(2L, 3L);
        bus.poll("a").noAutoCommit().get().received();
        assertThat(bus.committed("t", 0)).isNull();
    }

    @Test
    void anAckCommitsJustItsBatchAndMayBeRepeated() {
        bus.topic("t", 1);
        bus.produce("t", 0, 6);
        Polled first = bus.poll("a").topics("t").noAutoCommit().max(2).get().received();
        Polled second = bus.poll("a").noAutoCommit().max(2).get().received();
        bus.poll("a").ack(second.answer().batch()).max(1).get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(4);
        bus.poll("a").ack(second.answer().batch()).max(1).get().received();
        bus.poll("a").ack(first.answer().batch()).max(1).get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(4);
    }

    @Test
    void anAckWorksAfterARestartAndTheRestGoesOnBehindIt() {
        bus.topic("t", 1);
        bus.produce("t", 0, 6);
        Polled first = bus.poll("a").topics("t").max(3).get().received();
        bus.restart();
        Polled next = bus.poll("a").ack(first.answer().batch()).get();
        assertThat(next.offsets()).containsExactly(3L, 4L, 5L);
        assertThat(bus.committed("t", 0)).isEqualTo(3);
    }

    @Test
    void anAckOfAnotherMemberOrOneThatDoesNotParseIsRefused() {
        bus.topic("t", 1);
        bus.produce("t", 0, 2);
        Polled first = bus.poll("a").topics("t").get().received();
        assertProblem(
                () -> bus.poll("b").topics("t").ack(first.answer().batch()).get(),
                ProblemCode.INVALID_PARAMETER);
        assertProblem(() -> bus.poll("a").ack("no-token").get(), ProblemCode.INVALID_PARAMETER);
    }

    @Test
    void anOldOwnersCommitCountsUntilAnotherRaisedTheFence() {
        bus.topic("t", 1);
        bus.produce("t", 0, 6);
        Polled old = bus.poll("a").topics("t").sessionTimeoutMs(10_000).max(2).get().received();
        bus.clock.advance(11_000);
        assertThat(bus.channel.expired()).containsExactly("a");
        bus.commit("a", old.answer().memberEpoch(), "t", 0, 2);
        assertThat(bus.committed("t", 0)).isEqualTo(2);

        Polled taken = bus.poll("b").topics("t").max(1).get().received();
        assertThat(taken.offsets()).containsExactly(2L);
        assertProblem(
                () -> bus.commit("a", old.answer().memberEpoch(), "t", 0, 3),
                ProblemCode.STALE_MEMBER_EPOCH);
        assertThat(bus.committed("t", 0)).isEqualTo(2);
    }

    @Test
    void anAckAfterAnotherTookOverIsStale() {
        bus.topic("t", 1);
        bus.produce("t", 0, 4);
        Polled old = bus.poll("a").topics("t").sessionTimeoutMs(10_000).max(2).get().received();
        bus.clock.advance(11_000);
        bus.poll("b").topics("t").max(1).get().received();
        assertProblem(
                () -> bus.poll("a").topics("t").ack(old.answer().batch()).get(),
                ProblemCode.STALE_MEMBER_EPOCH);
        assertThat(bus.committed("t", 0)).isNull();
    }

    @Test
    void aPartlyStaleAckCommitsWhatIsStillOwned() {
        bus.topic("t", 2);
        bus.produce("t", 0, 2);
        bus.produce("t", 1, 2);
        Polled both = bus.poll("a").topics("t").get().received();
        assertThat(both.records()).hasSize(4);
        bus.poll("b").topics("t").get().received();
        bus.poll("a").noAutoCommit().get().received();
        bus.poll("a").noAutoCommit().get().received();
        assertThat(bus.poll("b").get().received().answer().assignment())
                .containsExactly(new TopicPartition("t", 1));
        assertProblem(
                () -> bus.poll("a").ack(both.answer().batch()).get(),
                ProblemCode.STALE_MEMBER_EPOCH);
        assertThat(bus.committed("t", 0)).isEqualTo(2);
        assertThat(bus.committed("t", 1)).isNull();
    }

    @Test
    void aPartitionIsGivenToAnotherOnlyAfterItsOwnerConfirmed() {
        bus.topic("t", 2);
        bus.produce("t", 0, 1);
        bus.produce("t", 1, 1);
        bus.poll("a").topics("t").get().received();
        Polled waiting = bus.poll("b").topics("t").get().received();
        assertThat(waiting.records()).isEmpty();
        assertThat(waiting.answer().assignment()).isEmpty();
        assertThat(waiting.answer().rebalancing()).isTrue();

        Polled told = bus.poll("a").get();
        assertThat(told.answer().assignment()).containsExactly(new TopicPartition("t", 0));
        assertThat(told.answer().rebalancing()).isTrue();
        assertThat(bus.poll("b").get().received().answer().assignment()).isEmpty();

        told.received();
        assertThat(bus.poll("a").get().received().answer().rebalancing()).isFalse();
        bus.produce("t", 1, 1);
        Polled granted = bus.poll("b").get().received();
        assertThat(granted.answer().assignment()).containsExactly(new TopicPartition("t", 1));
        assertThat(granted.offsets()).as("a committed its record of t-1").containsExactly(1L);
    }

    @Test
    void aParkedPollIsAnsweredAtOnceWhenItsAssignmentShrinks() {
        bus.topic("t", 2);
        bus.poll("a").topics("t").get().received();
        CompletableFuture<Polled> parked = bus.poll("a").waitMs(30_000).send();
        bus.awaitParked(1);
        CompletableFuture<Polled> other = bus.poll("b").topics("t").waitMs(30_000).send();
        Polled told = GroupFixture.get(parked).received();
        assertThat(told.records()).isEmpty();
        assertThat(told.answer().assignment()).containsExactly(new TopicPartition("t", 0));

        bus.awaitParked(1);
        bus.produce("t", 1, 1);
        assertThat(other).isNotDone();
        bus.poll("a").get().received();
        assertThat(GroupFixture.get(other).records()).hasSize(1);
    }

    @Test
    void aParkedPollWakesOnAppend() {
        bus.topic("t", 1);
        CompletableFuture<Polled> parked = bus.poll("a").topics("t").waitMs(5_000).send();
        bus.awaitParked(1);
        bus.produce("t", 0, "hello");
        assertThat(GroupFixture.get(parked).records())
                .extracting(GroupFixture.Got::value)
                .containsExactly("hello");
        bus.awaitParked(0);
    }

    @Test
    void theWaitIsAHardUpperBound() {
        bus.topic("t", 1);
        CompletableFuture<Polled> parked = bus.poll("a").topics("t").waitMs(5_000).send();
        bus.awaitParked(1);
        bus.clock.advance(4_999);
        assertThat(parked).isNotDone();
        bus.clock.advance(1);
        Polled empty = GroupFixture.get(parked);
        assertThat(empty.records()).isEmpty();
        assertThat(empty.answer().batch()).isNull();
        assertThat(empty.answer().superseded()).isFalse();
    }

    @Test
    void aPollOfATopicThatDoesNotExistWaitsForIt() {
        CompletableFuture<Polled> parked = bus.poll("a").topics("later").waitMs(30_000).send();
        bus.awaitParked(1);
        bus.topic("later", 1);
        bus.produce("later", 0, "x");
        assertThat(GroupFixture.get(parked).offsets()).containsExactly(0L);
    }

    @Test
    void aNewerPollOfTheSameMemberEndsTheParkedOneAndThatCommitsNothing() {
        bus.topic("t", 1);
        CompletableFuture<Polled> parked = bus.poll("a").topics("t").waitMs(30_000).send();
        bus.awaitParked(1);
        CompletableFuture<Polled> newer = bus.poll("a").waitMs(30_000).send();
        Polled ended = GroupFixture.get(parked);
        assertThat(ended.answer().superseded()).isTrue();
        assertThat(ended.records()).isEmpty();
        bus.awaitParked(1);
        bus.produce("t", 0, 1);
        assertThat(GroupFixture.get(newer).offsets()).containsExactly(0L);
        assertThat(bus.committed("t", 0)).isNull();
    }

    @Test
    void morePollsThanMayWaitAreRefused() throws IOException {
        bus.close();
        bus = new GroupFixture(folder.resolve("small"), 1);
        bus.topic("t", 1);
        CompletableFuture<Polled> parked = bus.poll("a").topics("t").waitMs(30_000).send();
        bus.awaitParked(1);
        assertProblem(
                () -> bus.poll("b").topics("t").waitMs(30_000).get(), ProblemCode.TOO_MANY_PARKED);
        assertThat(parked).isNotDone();
    }

    @Test
    void aParkedPollIsAHeartbeatAndTheSessionRunsFromItsAnswer() {
        bus.topic("t", 1);
        CompletableFuture<Polled> parked =
                bus.poll("a").topics("t").sessionTimeoutMs(3_000).waitMs(20_000).send();
        bus.awaitParked(1);
        bus.clock.advance(19_000);
        assertThat(bus.channel.expired()).isEmpty();
        bus.clock.advance(1_000);
        GroupFixture.get(parked).received();
        bus.clock.advance(2_900);
        assertThat(bus.channel.expired()).isEmpty();
        bus.clock.advance(500);
        assertThat(bus.channel.expired()).containsExactly("a");
    }

    @Test
    void afterARestartEveryMemberGetsOneWholeSession() {
        bus.topic("t", 1);
        bus.poll("a").topics("t").sessionTimeoutMs(10_000).get().received();
        bus.clock.advance(9_000);
        bus.restart();
        bus.clock.advance(9_900);
        assertThat(bus.channel.expired()).isEmpty();
        bus.clock.advance(400);
        assertThat(bus.channel.expired()).containsExactly("a");
    }

    @Test
    void aWallClockThatJumpsExpiresNobody() {
        bus.topic("t", 1);
        bus.poll("a").topics("t").sessionTimeoutMs(10_000).get().received();
        bus.clock.jumpWallClock(3_600_000);
        bus.clock.advance(9_000);
        bus.clock.jumpWallClock(-7_200_000);
        bus.poll("a").get().received();
        assertThat(bus.channel.expired()).isEmpty();
    }

    @Test
    void aMemberThatExpiredJoinsAnewAndReadsFromTheCommit() {
        bus.topic("t", 1);
        bus.produce("t", 0, 4);
        Polled first = bus.poll("a").topics("t").sessionTimeoutMs(10_000).max(2).get().received();
        bus.clock.advance(11_000);
        Polled again = bus.poll("a").topics("t").max(4).get();
        assertThat(again.offsets()).containsExactly(0L, 1L, 2L, 3L);
        assertThat(again.answer().memberEpoch()).isGreaterThan(first.answer().memberEpoch());
    }

    @Test
    void theFirstPollNamesItsTopics() {
        assertProblem(() -> bus.poll("a").get(), ProblemCode.MISSING_FIELD);
    }

    @Test
    void aGroupThatMayNotResetNeedsACommit() {
        bus.topic("t", 1);
        bus.produce("t", 0, 3);
        assertProblem(
                () -> bus.poll("a").topics("t").reset(OffsetReset.NONE).get(),
                ProblemCode.NO_COMMITTED_OFFSET);
    }

    @Test
    void aGroupThatStartsAtLatestSkipsNothingAfterATakeover() {
        bus.topic("t", 1);
        bus.produce("t", 0, 3);
        Polled first = bus.poll("a").topics("t").reset(OffsetReset.LATEST).get().received();
        assertThat(first.records()).isEmpty();
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        bus.produce("t", 0, 2);
        Polled taken = bus.poll("b").topics("t").reset(OffsetReset.LATEST).get();
        assertThat(taken.offsets()).containsExactly(3L, 4L);
    }

    @Test
    void aPollStopsAtMaxBytesButHandsOutAtLeastOneRecord() {
        bus.topic("t", 1);
        bus.produce("t", 0, "x".repeat(500), "y".repeat(500), "z".repeat(500));
        assertThat(bus.poll("a").topics("t").maxBytes(1).get().received().offsets())
                .containsExactly(0L);
        assertThat(bus.poll("a").maxBytes(1_600).get().received().offsets()).containsExactly(1L);
    }

    /** A batch has to fit into the request line of the poll that sends it back. */
    @Test
    void aBatchOfManyPartitionsStaysShortAndNothingIsLeftOut() {
        bus.topic("wide", 1_500);
        for (int p = 0; p < 1_500; p++) {
            bus.produce("wide", p, 1);
        }
        Set<Integer> seen = new HashSet<>();
        String ack = null;
        for (int poll = 0; poll < 10 && seen.size() < 1_500; poll++) {
            Polled polled = bus.poll("a").topics("wide").max(10_000).ack(ack).get().received();
            ack = polled.answer().batch();
            assertThat(ack).hasSizeLessThan(5_000);
            polled.records().forEach(record -> assertThat(seen.add(record.partition())).isTrue());
        }
        assertThat(seen).hasSize(1_500);
        bus.poll("a").ack(ack).get().received();
        assertThat(bus.committed("wide", 1_499)).isEqualTo(1);
    }

    @Test
    void headersCountTowardsMaxBytes() {
        bus.topic("t", 1);
        BatchBuilder builder = new BatchBuilder(256);
        builder.begin();
        for (int i = 0; i < 4; i++) {
            RecordHeaders headers = new RecordHeaders();
            headers.add("h", "x".repeat(4_000));
            builder.append(bus.clock.nowMs(), Slice.utf8("k"), Slice.utf8("v"), headers);
        }
        int sizeBytes = builder.finish(0);
        GroupFixture.get(
                bus.leader("t", 0)
                        .append(
                                List.of(new Slice(builder.bytes(), 0, sizeBytes)),
                                Acks.ALL,
                                30_000));
        assertThat(bus.poll("a").topics("t").maxBytes(10_000).get().received().offsets())
                .containsExactly(0L, 1L);
    }

    @Test
    void everyPartitionHasItsTurn() {
        bus.topic("t", 3);
        for (int p = 0; p < 3; p++) {
            bus.produce("t", p, 5);
        }
        assertThat(
                        java.util.stream.IntStream.range(0, 3)
                                .mapToObj(i -> bus.poll("a").topics("t").max(1).get().received())
                                .map(polled -> polled.records().get(0).partition()))
                .containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void aTopicThatWasDeletedAndMadeAgainIsReadFromItsStart() {
        bus.topic("t", 1);
        bus.produce("t", 0, 3);
        bus.poll("a").topics("t").get().received();
        bus.poll("a").get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(3);
        GroupFixture.get(bus.deleteTopic("t"));
        bus.poll("a").get().received();
        bus.topic("t", 1);
        bus.produce("t", 0, "new");
        assertThat(bus.poll("a").get().received().offsets()).containsExactly(0L);
    }

    @Test
    void aPollThatFailsWhileItReadsSkipsNothing() {
        bus.topic("t", 2);
        bus.produce("t", 0, 2);
        bus.produce("t", 1, 2);
        PollRequest request =
                new PollRequest(
                        new PollRequest.Joining(
                                GroupFixture.GROUP, "a", java.util.List.of("t"), null, null, null),
                        new PollRequest.Limits(500, 1 << 20, 0),
                        OffsetReset.EARLIEST,
                        null,
                        true);
        int[] seen = {0};
        assertThatThrownBy(
                        () ->
                                GroupFixture.get(
                                        bus.groups()
                                                .poll(
                                                        request,
                                                        (topic, partition, record, json) -> {
                                                            if (++seen[0] == 3) {
                                                                throw new IllegalStateException(
                                                                        "no memory");
                                                            }
                                                        })))
                .hasMessage("no memory");
        assertThat(bus.poll("a").get().records()).hasSize(4);
    }

    @Test
    void everyCommitIsThereAfterARestart() {
        bus.topic("t", 2);
        bus.produce("t", 0, 3);
        bus.produce("t", 1, 5);
        bus.poll("a").topics("t").get().received();
        bus.poll("a").get().received();
        bus.restart();
        assertThat(bus.committed("t", 0)).isEqualTo(3);
        assertThat(bus.committed("t", 1)).isEqualTo(5);
        assertThat(bus.poll("a").topics("t").get().records()).isEmpty();
    }

    private static void assertProblem(ThrowingCallable call, ProblemCode code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BusException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
