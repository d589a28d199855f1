package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.GroupFixture.Polled;
import dev.restbus.broker.group.Groups.Moved;
import dev.restbus.broker.group.Groups.Reset;
import dev.restbus.broker.group.Groups.Seat;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.log.LogId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupsTest {

    @TempDir Path folder;
    private GroupFixture bus;

    @BeforeEach
    void start() {
        bus = new GroupFixture(folder.resolve("data"));
        bus.topic("t", 2);
        bus.produce("t", 0, 6);
        bus.produce("t", 1, 2);
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
    }

    @Test
    void aMemberThatReadsByItselfJoinsCommitsAndLeaves() {
        Seat seat = join("a");
        assertThat(seat.joined()).isTrue();
        assertThat(seat.member().assignment())
                .containsExactly(new TopicPartition("t", 0), new TopicPartition("t", 1));
        assertThat(join("a").joined()).isFalse();
        bus.commit("a", seat.member().memberEpoch(), "t", 0, 4);
        assertThat(bus.committed("t", 0)).isEqualTo(4);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        assertProblem(() -> heartbeat("a", 1), ProblemCode.UNKNOWN_MEMBER);
    }

    @Test
    void aHeartbeatWithTheNewestEpochHandsOver() {
        join("a");
        join("b");
        Seat told = GroupFixture.get(bus.groups().heartbeat(GroupFixture.GROUP, "a", 1));
        assertThat(told.member().assignment()).containsExactly(new TopicPartition("t", 0));
        assertThat(join("b").member().assignment()).isEmpty();
        GroupFixture.get(
                bus.groups().heartbeat(GroupFixture.GROUP, "a", told.member().memberEpoch()));
        assertThat(join("b").member().assignment()).containsExactly(new TopicPartition("t", 1));
    }

    @Test
    void anAckThatDoesNotParseKeepsNobodyAlive() {
        bus.poll("a").topics("t").get().received();
        assertProblem(() -> bus.poll("a").ack("nonsense").get(), ProblemCode.INVALID_PARAMETER);
        bus.clock.advance(46_000);
        assertThat(bus.channel.expired()).containsExactly("a");
    }

    @Test
    void aMemberThatKeepsWhatItHasToGiveUpIsExpiredAfterFiveMinutes() {
        join("a");
        join("b");
        for (int s = 0; s <= 300; s += 30) {
            assertThat(bus.channel.expired()).as(s + " s").isEmpty();
            assertThat(join("b").member().assignment()).isEmpty();
            bus.clock.advance(30_000);
            if (s < 300) {
                // Alive, but of an epoch before the one that took a partition from it.
                GroupFixture.get(bus.groups().heartbeat(GroupFixture.GROUP, "a", 1L));
            }
        }
        assertThat(bus.channel.expired()).containsExactly("a");
        assertThat(join("b").member().assignment()).hasSize(2);
    }

    @Test
    void aJoinRaisesTheFenceBeforeTheNewOwnerCanRead() {
        Seat old = join("a");
        bus.clock.advance(46_000);
        assertThat(bus.channel.expired()).containsExactly("a");
        bus.commit("a", old.member().memberEpoch(), "t", 0, 1);
        join("b");
        assertProblem(
                () -> bus.commit("a", old.member().memberEpoch(), "t", 0, 2),
                ProblemCode.STALE_MEMBER_EPOCH);
    }

    @Test
    void anEpochOfAnEarlierLifeIsStale() {
        Seat old = join("a");
        bus.clock.advance(46_000);
        Seat again = join("a");
        assertThat(again.joined()).isTrue();
        assertProblem(
                () -> heartbeat("a", old.member().memberEpoch()), ProblemCode.STALE_MEMBER_EPOCH);
        assertProblem(
                () -> bus.commit("a", old.member().memberEpoch(), "t", 0, 2),
                ProblemCode.STALE_MEMBER_EPOCH);
        bus.commit("a", again.member().memberEpoch(), "t", 0, 2);
    }

    @Test
    void aCommitMayGoBackButNotBeyondTheEnd() {
        Seat seat = join("a");
        bus.commit("a", seat.member().memberEpoch(), "t", 0, 6);
        bus.commit("a", seat.member().memberEpoch(), "t", 0, 2);
        assertThat(bus.committed("t", 0)).isEqualTo(2);
        assertProblem(
                () -> bus.commit("a", seat.member().memberEpoch(), "t", 0, 7),
                ProblemCode.OFFSET_BEYOND_LOG_END);
        assertProblem(
                () -> bus.commit("a", seat.member().memberEpoch(), "t", 5, 1),
                ProblemCode.UNKNOWN_PARTITION);
        assertProblem(
                () -> bus.commit("a", seat.member().memberEpoch(), "none", 0, 1),
                ProblemCode.UNKNOWN_TOPIC);
    }

    @Test
    void aCommitOfAPartlyOwnedListCommitsNothing() {
        join("a");
        join("b");
        Seat told = GroupFixture.get(bus.groups().heartbeat(GroupFixture.GROUP, "a", 1));
        GroupFixture.get(
                bus.groups().heartbeat(GroupFixture.GROUP, "a", told.member().memberEpoch()));
        join("b");
        assertProblem(
                () ->
                        GroupFixture.get(
                                bus.groups()
                                        .commit(
                                                new ExplicitCommit(
                                                        GroupFixture.GROUP,
                                                        "a",
                                                        told.member().memberEpoch(),
                                                        List.of(offset(0, 3), offset(1, 1))))),
                ProblemCode.STALE_MEMBER_EPOCH);
        assertThat(bus.committed("t", 0)).isNull();
    }

    @Test
    void aCommitFromOutsideNeedsAnEmptyGroupAndShutsOutOldOwners() {
        Polled old = bus.poll("a").topics("t").get().received();
        assertProblem(() -> bus.commit(null, 0, "t", 0, 3), ProblemCode.GROUP_NOT_EMPTY);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        bus.commit(null, 0, "t", 0, 3);
        assertProblem(
                () -> bus.commit("a", old.answer().memberEpoch(), "t", 0, 5),
                ProblemCode.STALE_MEMBER_EPOCH);
        assertThat(bus.committed("t", 0)).isEqualTo(3);
    }

    @Test
    void aStrangerIsUnknown() {
        join("a");
        assertProblem(() -> bus.commit("nobody", 1, "t", 0, 1), ProblemCode.UNKNOWN_MEMBER);
        assertProblem(() -> heartbeat("nobody", 1), ProblemCode.UNKNOWN_MEMBER);
        assertProblem(
                () -> GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "nobody", null)),
                ProblemCode.UNKNOWN_MEMBER);
    }

    @Test
    void leavingWithAnAckCommitsTheBatch() {
        Polled batch = bus.poll("a").topics("t").get().received();
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", batch.answer().batch()));
        assertThat(bus.committed("t", 0)).isEqualTo(6);
        assertThat(bus.committed("t", 1)).isEqualTo(2);
    }

    @Test
    void aResetNeedsAnEmptyGroupOrForceAndADryRunOnlyTells() {
        bus.poll("a").topics("t").get().received();
        bus.poll("a").get().received();
        assertProblem(() -> reset("earliest", false, false), ProblemCode.GROUP_NOT_EMPTY);
        assertThat(reset("earliest", true, true))
                .containsExactly(
                        new Moved(new TopicPartition("t", 0), 6L, 0),
                        new Moved(new TopicPartition("t", 1), 2L, 0));
        assertThat(bus.committed("t", 0)).isEqualTo(6);
        assertThat(bus.poll("a").get().received().records()).isEmpty();
    }

    @Test
    void aForcedResetMovesALiveMemberAndItsOlderAckCountsNoMore() {
        Polled before = bus.poll("a").topics("t").get().received();
        reset("1", true, false);
        assertProblem(
                () -> bus.poll("a").ack(before.answer().batch()).get(),
                ProblemCode.STALE_MEMBER_EPOCH);
        Polled after = bus.poll("a").get().received();
        assertThat(after.records()).hasSize(6);
        assertThat(bus.committed("t", 0)).isEqualTo(1);
        assertProblem(
                () -> bus.poll("a").ack(before.answer().batch()).get(),
                ProblemCode.STALE_MEMBER_EPOCH);
    }

    @Test
    void aResetFindsTheFirstRecordOfATime() {
        bus.clock.advance(60_000);
        String time = Instant.ofEpochMilli(bus.clock.nowMs()).toString();
        bus.produce("t", 0, 2);
        assertThat(reset(time, false, false))
                .containsExactly(
                        new Moved(new TopicPartition("t", 0), null, 6),
                        new Moved(new TopicPartition("t", 1), null, 2));
        assertThat(reset("ts:0", false, false)).extracting(Moved::after).containsExactly(0L, 0L);
        assertProblem(() -> reset("yesterday", false, false), ProblemCode.INVALID_PARAMETER);
        assertProblem(() -> reset("-1", false, false), ProblemCode.INVALID_VALUE);
        assertProblem(() -> reset("5", false, false), ProblemCode.OFFSET_BEYOND_LOG_END);
    }

    @Test
    void aDeletedGroupIsForgotten() {
        bus.poll("a").topics("t").get().received();
        bus.poll("a").get().received();
        assertProblem(
                () -> GroupFixture.get(bus.groups().delete(GroupFixture.GROUP)),
                ProblemCode.GROUP_NOT_EMPTY);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        GroupFixture.get(bus.groups().delete(GroupFixture.GROUP));
        bus.restart();
        assertProblem(() -> bus.committed("t", 0), ProblemCode.UNKNOWN_GROUP);
        assertProblem(
                () -> GroupFixture.get(bus.groups().delete(GroupFixture.GROUP)),
                ProblemCode.UNKNOWN_GROUP);
        assertThat(bus.poll("b").topics("t").get().records()).hasSize(8);
    }

    @Test
    void aDeleteThatWasCutOffIsFinishedByItsRepeat() {
        bus.commit(null, 0, "t", 0, 3);
        GroupFixture.get(bus.channel.deleteGroup(GroupFixture.GROUP));
        GroupFixture.get(bus.groups().delete(GroupFixture.GROUP));
        assertProblem(() -> bus.committed("t", 0), ProblemCode.UNKNOWN_GROUP);
    }

    @Test
    void offsetsAreForgottenOnceTheGroupWasEmptyForTheRetentionAndNotBefore() {
        long hourMs = 3_600_000;
        long epoch =
                bus.poll("a")
                        .topics("t")
                        .sessionTimeoutMs(1_800_000)
                        .get()
                        .received()
                        .answer()
                        .memberEpoch();
        bus.commit("a", epoch, "t", 0, 4);
        for (long ms = 0; ms < 2 * GroupFixture.OFFSETS_RETENTION_MS; ms += hourMs / 2) {
            bus.clock.advance(hourMs / 2);
            heartbeat("a", epoch);
        }
        settle();
        assertThat(bus.committed("t", 0)).as("with a member").isEqualTo(4);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        bus.clock.advance(GroupFixture.OFFSETS_RETENTION_MS - 2 * hourMs);
        settle();
        bus.restart();
        bus.clock.advance(2 * hourMs - 1);
        settle();
        assertThat(bus.committed("t", 0)).as("soon after").isEqualTo(4);
        bus.clock.advance(3 * hourMs);
        awaitForgotten();
        assertThat(bus.poll("b").topics("t").get().records()).hasSize(8);
    }

    @Test
    void aWallClockThatJumpsCostsAGroupThatWasJustLeftNothing() {
        Seat seat = join("a");
        bus.commit("a", seat.member().memberEpoch(), "t", 0, 4);
        GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, "a", null));
        bus.clock.jumpWallClock(30 * 86_400_000L);
        bus.clock.advance(3_600_000);
        settle();
        bus.clock.jumpWallClock(-30 * 86_400_000L);
        bus.clock.advance(3_600_000);
        settle();
        assertThat(bus.committed("t", 0)).isEqualTo(4);
    }

    /** What the timer gave to the workers is done. */
    private void settle() {
        bus.awaitWorkers();
    }

    private void awaitForgotten() {
        long end = System.nanoTime() + 20_000_000_000L;
        while (bus.committed("t", 0) != null) {
            assertThat(System.nanoTime()).as("the offset expires").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void theLagCountsWhatIsNotCommittedAndTellsTheAgeOfTheOldest() {
        bus.poll("a").topics("t").get().received();
        bus.clock.advance(2_000);
        bus.produce("t", 0, 2);
        bus.commit("a", 1, "t", 0, 6);
        bus.commit("a", 1, "t", 1, 2);
        bus.clock.advance(3_000);
        Groups.Description description =
                GroupFixture.get(bus.groups().describe(GroupFixture.GROUP));
        assertThat(description.lag()).isEqualTo(2);
        assertThat(description.lagSeconds()).isEqualTo(3.0);
        assertThat(description.offsetsPartition()).isEqualTo(3);
        assertThat(description.silentMs()).containsEntry("a", 3_000L);
    }

    @Test
    void aDamagedRecordDoesNotHideTheLag() throws IOException {
        bus.poll("a").topics("t").get().received();
        flip("t", 0);
        try {
            assertProblem(() -> bus.leader("t", 0).read(0, 1), ProblemCode.CORRUPT_RECORD);
            assertThat(GroupFixture.get(bus.groups().describe(GroupFixture.GROUP)).lag())
                    .isEqualTo(8);
        } finally {
            flip("t", 0);
        }
    }

    /** One bit of a partition's first batch. */
    private void flip(String topic, int partition) throws IOException {
        UUID topicId = bus.leader(topic, partition).topicId();
        String name = new LogId(topic, topicId, partition).folderName();
        try (Stream<Path> files = Files.walk(folder)) {
            Path log =
                    files.filter(file -> file.toString().contains(name))
                            .filter(file -> file.toString().endsWith(".log"))
                            .findFirst()
                            .orElseThrow();
            byte[] bytes = Files.readAllBytes(log);
            bytes[100] ^= 1;
            Files.write(log, bytes, StandardOpenOption.WRITE);
        }
    }

    private Seat join(String memberId) {
        return GroupFixture.get(
                bus.groups()
                        .join(
                                new Joining(
                                        GroupFixture.GROUP,
                                        memberId,
                                        List.of("t"),
                                        null,
                                        null,
                                        null)));
    }

    private void heartbeat(String memberId, long heartbeatEpoch) {
        GroupFixture.get(bus.groups().heartbeat(GroupFixture.GROUP, memberId, heartbeatEpoch));
    }

    private List<Moved> reset(String to, boolean force, boolean dryRun) {
        return GroupFixture.get(
                bus.groups()
                        .reset(
                                new Reset(
                                        GroupFixture.GROUP,
                                        "t",
                                        null,
                                        ResetTarget.parse(to),
                                        force,
                                        dryRun)));
    }

    private static ExplicitCommit.Offset offset(int partition, long nextOffset) {
        return new ExplicitCommit.Offset("t", partition, nextOffset, null);
    }

    private static void assertProblem(ThrowingCallable call, ProblemCode code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BusException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
