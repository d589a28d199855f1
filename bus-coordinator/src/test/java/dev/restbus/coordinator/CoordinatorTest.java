package dev.restbus.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.CoordinatorChannel.Watch;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.journal.Journal;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The coordinator as its callers see it. */
class CoordinatorTest {

    private static final int CAPACITY = 3;

    private final InMemoryJournal.Store store = new InMemoryJournal.Store();
    private final InMemoryJournal journal = new InMemoryJournal(store);
    private Coordinator coordinator;

    @BeforeEach
    void start() throws IOException {
        coordinator = start(journal);
        coordinator.registerBroker(1, "http://b1", new UUID(0, 1)).join();
    }

    @AfterEach
    void stop() throws IOException {
        coordinator.close();
    }

    @Test
    void aTopicIsInTheMetadataWhenItsFutureCompletes() {
        var created = coordinator.createTopic(topic("t", 2)).join();

        assertThat(created.created()).isTrue();
        assertThat(created.topic().createdAtMs()).isEqualTo(1_000);
        assertThat(coordinator.metadata().topic("t")).isEqualTo(created.topic());
        assertThat(coordinator.createTopic(topic("t", 2)).join().created()).isFalse();
        coordinator.deleteTopic("t").join();
        assertThat(coordinator.metadata().topics()).isEmpty();
    }

    @Test
    void aNewTopicOfAnOldNameHasAnotherId() {
        var first = coordinator.createTopic(topic("t", 1)).join().topic();
        coordinator.deleteTopic("t").join();

        assertThat(coordinator.createTopic(topic("t", 1)).join().topic().id())
                .isNotEqualTo(first.id());
    }

    @Test
    void theMetadataVersionIsThePlaceInTheJournal() {
        assertThat(coordinator.metadata().version()).isEqualTo(1);
        coordinator.createTopic(topic("t", 1)).join();
        assertThat(coordinator.metadata().version()).isEqualTo(2);
        coordinator.join(request("m1")).join();
        assertThat(coordinator.metadata().version()).isEqualTo(2);
        coordinator.createTopic(topic("u", 1)).join();
        assertThat(coordinator.metadata().version()).isEqualTo(5);
    }

    @Test
    void aNewLifeOfABrokerIsOneEventHoweverManyPartitionsItLeads() {
        for (int i = 0; i < 50; i++) {
            coordinator.createTopic(topic("t" + i, 2)).join();
        }
        long before = coordinator.metadata().version();

        coordinator.registerBroker(1, "http://b1", new UUID(0, 2)).join();

        assertThat(coordinator.metadata().version()).isEqualTo(before + 1);
        assertThat(coordinator.metadata().topics()).hasSize(50);
        assertThat(coordinator.metadata().topics().values())
                .flatExtracting(TopicMetadata::partitions)
                .allMatch(partition -> partition.leaderEpoch() == 2);
    }

    @Test
    void refusalsReachTheCaller() {
        assertThat(failure(coordinator.deleteTopic("t")).code())
                .isEqualTo(ProblemCode.UNKNOWN_TOPIC);
        assertThat(failure(coordinator.confirm("g", "m", 1)).code())
                .isEqualTo(ProblemCode.UNKNOWN_MEMBER);
    }

    @Test
    void aTopicAndTheRebalanceItCausesAreOneAppend() {
        coordinator.join(request("m1")).join();

        coordinator.createTopic(topic("t", 2)).join();
        assertThat(group().groupEpoch()).isEqualTo(2);
        assertThat(group().members().get(0).assignment()).hasSize(2);

        coordinator.changeTopic("t", new TopicChange(4, true, Map.of())).join();
        assertThat(group().groupEpoch()).isEqualTo(3);
        assertThat(group().members().get(0).assignment()).hasSize(4);

        coordinator.changeTopic("t", new TopicChange(4, true, Map.of("segment.bytes", "20000")));
        coordinator.deleteTopic("t").join();
        assertThat(group().groupEpoch()).isEqualTo(4);
        assertThat(group().members().get(0).assignment()).isEmpty();
        assertThat(group().rebalances())
                .extracting(GroupView.Rebalance::cause)
                .containsExactly(
                        "member m1 joined",
                        "topic t was created",
                        "topic t has 4 partitions now",
                        "topic t was deleted");
    }

    @Test
    void watchersSeeThePresentAndThenEveryChangeBeforeTheFutureCompletes() {
        List<Long> versions = Collections.synchronizedList(new ArrayList<>());
        List<String> groups = Collections.synchronizedList(new ArrayList<>());
        coordinator.join(request("m1")).join();
        Watch metadataWatch = coordinator.watchMetadata(image -> versions.add(image.version()));
        Watch groupWatch =
                coordinator.watchGroups(
                        view ->
                                groups.add(
                                        view.group()
                                                + view.groupEpoch()
                                                + (view.deleted() ? "deleted" : "")));

        coordinator.createTopic(topic("t", 1)).join();
        coordinator.configure("h", RetryPolicy.DEFAULT).join();
        coordinator.deleteGroup("h").join();

        assertThat(versions).containsExactly(1L, 4L);
        assertThat(groups).containsExactly("g1", "g2", "h0", "h0deleted");
        metadataWatch.close();
        groupWatch.close();
        coordinator.deleteTopic("t").join();
        assertThat(versions).hasSize(2);
        assertThat(groups).hasSize(4);
    }

    @Test
    void aWatcherThatFailsHarmsNobody() {
        List<MetadataImage> images = Collections.synchronizedList(new ArrayList<>());
        coordinator.watchMetadata(
                image -> {
                    throw new IllegalStateException("on purpose");
                });
        coordinator.watchMetadata(images::add);

        coordinator.createTopic(topic("t", 1)).join();

        assertThat(images).hasSize(2);
    }

    @Test
    void aFailedAppendChangesNothingAndTheNextCommandTriesAgain() {
        journal.failNextAppend(InMemoryJournal.Fault.LOST);

        Problem problem = failure(coordinator.createTopic(topic("t", 1)));

        assertThat(problem.code()).isEqualTo(ProblemCode.CONTROL_PLANE_FROZEN);
        assertThat(problem.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(problem.retryAfterMs()).isNotNull();
        assertThat(coordinator.metadata().topics()).isEmpty();
        assertThat(coordinator.createTopic(topic("t", 1)).join().created()).isTrue();
    }

    @Test
    void anAppendWhoseAnswerWasLostIsFoundBeforeTheNextDecision() {
        journal.failNextAppend(InMemoryJournal.Fault.ANSWER_LOST);
        assertThat(failure(coordinator.createTopic(topic("t", 1))).code())
                .isEqualTo(ProblemCode.CONTROL_PLANE_FROZEN);

        assertThat(coordinator.createTopic(topic("t", 1)).join().created()).isFalse();
        assertThat(coordinator.metadata().version()).isEqualTo(2);
    }

    @Test
    void nothingIsDecidedWhileTheJournalCannotBeReadAfterAFailure() {
        journal.failNextAppend(InMemoryJournal.Fault.ANSWER_LOST);
        journal.setReadable(false);
        failure(coordinator.createTopic(topic("t", 1)));

        Problem problem = failure(coordinator.createTopic(topic("u", 1)));
        assertThat(problem.code()).isEqualTo(ProblemCode.CONTROL_PLANE_FROZEN);
        assertThat(problem.outcome()).isEqualTo(Outcome.NONE);

        journal.setReadable(true);
        coordinator.createTopic(topic("u", 1)).join();
        assertThat(coordinator.metadata().topics()).containsOnlyKeys("t", "u");
    }

    @Test
    void commandsBeyondTheBoundAreRefused() {
        CountDownLatch release = new CountDownLatch(1);
        Watch block = coordinator.watchMetadata(image -> await(release));
        List<CompletableFuture<?>> accepted = new ArrayList<>();
        for (int i = 0; i < CAPACITY; i++) {
            accepted.add(coordinator.createTopic(topic("t" + i, 1)));
        }

        Problem problem = failure(coordinator.createTopic(topic("more", 1)));

        assertThat(problem.code()).isEqualTo(ProblemCode.CONTROL_PLANE_FROZEN);
        assertThat(problem.retryAfterMs()).isPositive();
        block.close();
        release.countDown();
        accepted.forEach(CompletableFuture::join);
        assertThat(coordinator.createTopic(topic("more", 1)).join().created()).isTrue();
    }

    @Test
    void whatWasAcceptedIsDoneBeforeTheClose() throws IOException {
        List<CompletableFuture<?>> accepted = new ArrayList<>();
        for (int i = 0; i < CAPACITY; i++) {
            accepted.add(coordinator.createTopic(topic("t" + i, 1)));
        }

        coordinator.close();

        assertThat(accepted).allMatch(CompletableFuture::isDone);
        assertThat(coordinator.metadata().topics()).hasSize(CAPACITY);
        assertThat(journal.isClosed()).isTrue();
        assertThat(failure(coordinator.createTopic(topic("late", 1))).code())
                .isEqualTo(ProblemCode.SHUTTING_DOWN);
    }

    @Test
    void aJournalThatCannotBeReadStopsTheStartAndIsClosed() {
        InMemoryJournal unreadable = new InMemoryJournal(store);
        unreadable.setReadable(false);

        assertThatThrownBy(() -> start(unreadable)).isInstanceOf(IOException.class);
        assertThat(unreadable.isClosed()).isTrue();
    }

    private static Coordinator start(Journal journal) throws IOException {
        return Coordinator.start(
                journal,
                InstantSource.fixed(Instant.ofEpochMilli(1_000)),
                UUID::randomUUID,
                CAPACITY);
    }

    private GroupView group() {
        return coordinator.group("g");
    }

    private static NewTopic topic(String name, int partitions) {
        return new NewTopic(name, partitions, null, Map.of());
    }

    private static JoinGroup request(String member) {
        return new JoinGroup("g", member, List.of("t", "u"), null, null, 10_000);
    }

    private static Problem failure(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            return ((BusException) e.getCause()).problem();
        }
        throw new AssertionError("did not fail");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
