package dev.restbus.coordinator;

import dev.restbus.api.Problem;
import dev.restbus.api.control.BrokerMetadata;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.coordinator.journal.Journal;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator at work: its commands are carried out one at a time, in order, on a thread of its
 * own. Futures complete on that thread after the watchers were called, so what depends on them has
 * to be quick and must not wait for another command. Thread-safe.
 */
public final class Coordinator implements CoordinatorChannel, GroupChannel, AutoCloseable {

    private final Journal journal;
    private final InstantSource clock;
    private final Supplier<UUID> ids;
    private final PublishedViews views = new PublishedViews();
    private final JournaledState state;
    private final CommandThread thread;

    private Coordinator(
            Journal journal, InstantSource clock, Supplier<UUID> ids, int queueCapacity) {
        this.journal = journal;
        this.clock = clock;
        this.ids = ids;
        this.state = new JournaledState(journal, views);
        this.thread = new CommandThread("coordinator", queueCapacity);
    }

    /**
     * Replays the journal and begins to serve.
     *
     * @param journal closed together with the coordinator
     * @param clock the wall clock, for times that people read
     * @param ids draws ids of topics; never the same twice
     * @param queueCapacity how many commands may wait; further ones are refused with 503
     * @throws IOException if the journal cannot be read; it is closed then
     */
    public static Coordinator start(
            Journal journal, InstantSource clock, Supplier<UUID> ids, int queueCapacity)
            throws IOException {
        Coordinator coordinator = new Coordinator(journal, clock, ids, queueCapacity);
        try {
            coordinator.state.catchUp();
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
        coordinator.thread.start();
        return coordinator;
    }

    @Override
    public MetadataImage metadata() {
        return views.metadata();
    }

    @Override
    public Watch watchMetadata(Consumer<MetadataImage> onChange) {
        var registration = views.metadataWatch(onChange);
        thread.run(registration::begin);
        return registration;
    }

    @Override
    public CompletableFuture<BrokerMetadata> registerBroker(int id, String url, UUID incarnation) {
        return submit(new Command.RegisterBroker(id, url, incarnation));
    }

    @Override
    public CompletableFuture<Created> createTopic(NewTopic topic) {
        return submit(new Command.CreateTopic(topic, ids.get()));
    }

    @Override
    public CompletableFuture<TopicMetadata> changeTopic(String name, TopicChange change) {
        return submit(new Command.ChangeTopic(name, change));
    }

    @Override
    public CompletableFuture<@Nullable Void> deleteTopic(String name) {
        return submit(new Command.DeleteTopic(name));
    }

    @Override
    public boolean wasDeleted(UUID topicId) {
        return state.wasTopicDeleted(topicId);
    }

    @Override
    public CompletableFuture<GroupView> join(JoinGroup request) {
        return submit(new Command.Join(request));
    }

    @Override
    public CompletableFuture<GroupView> confirm(String group, String memberId, long memberEpoch) {
        return submit(new Command.Confirm(group, memberId, memberEpoch));
    }

    @Override
    public CompletableFuture<GroupView> leave(
            String group, String memberId, long incarnation, LeaveCause cause) {
        return submit(new Command.Leave(group, memberId, incarnation, cause));
    }

    @Override
    public @Nullable GroupView group(String group) {
        return views.group(group);
    }

    @Override
    public List<GroupView> groups() {
        return views.groups();
    }

    @Override
    public CompletableFuture<GroupView> configure(String group, RetryPolicy retry) {
        return submit(new Command.Configure(group, retry));
    }

    @Override
    public CompletableFuture<@Nullable Void> deleteGroup(String group) {
        return submit(new Command.DeleteGroup(group));
    }

    @Override
    public Watch watchGroups(Consumer<GroupView> onChange) {
        var registration = views.groupWatch(onChange);
        thread.run(registration::begin);
        return registration;
    }

    /** Carries out what was accepted, stops the thread and closes the journal. */
    @Override
    public void close() throws IOException {
        if (thread.close()) {
            journal.close();
        }
    }

    private <A> CompletableFuture<A> submit(Command<A> command) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        Problem refusal = thread.offer(() -> carryOut(command, answer));
        if (refusal != null) {
            answer.completeExceptionally(refusal.asException());
        }
        return answer;
    }

    private <A> void carryOut(Command<A> command, CompletableFuture<A> answer) {
        A result;
        try {
            result = state.execute(command, clock.millis());
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
            return;
        }
        answer.complete(result);
    }
}
