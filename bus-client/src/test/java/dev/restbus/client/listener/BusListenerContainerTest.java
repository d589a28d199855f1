package dev.restbus.client.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusRecord;
import dev.restbus.client.ConsumerOptions;
import dev.restbus.client.ScriptedBus;
import dev.restbus.client.ScriptedBus.Call;
import dev.restbus.client.ScriptedBus.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BusListenerContainerTest {

    private static final long PATIENCE_S = 20;

    private final Queue<Reply> polls = new ConcurrentLinkedQueue<>();
    private final Queue<Reply> commits = new ConcurrentLinkedQueue<>();
    private final Queue<Reply> failures = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();

    /** Open once every scripted poll was answered and one more has arrived. */
    private final CountDownLatch scriptDone = new CountDownLatch(1);

    private final CountDownLatch left = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final ScriptedBus bus;
    private final BusClient client;

    BusListenerContainerTest() throws IOException {
        bus = new ScriptedBus(this::answer);
        client = BusClient.connect(bus.url());
    }

    @AfterEach
    void stop() {
        ended.countDown();
        client.close();
        bus.close();
    }

    @Test
    void aHandledBatchIsAcknowledged() throws Exception {
        polls.add(batch("b1", "0:1 0:2 1:7"));
        run(record -> {});

        assertThat(handled).containsExactly("0:1", "0:2", "1:7");
        assertThat(polls()).satisfiesExactly(this::acksNothing, poll -> acks(poll, "b1"));
        assertThat(lines()).noneMatch(line -> line.contains("/offsets"));
    }

    @Test
    void aFailureCommitsWhatCameBeforeHoldsItsPartitionAndLetsOthersGoOn() throws Exception {
        polls.add(batch("b1", "0:1 0:2 0:3 1:7 1:8"));
        failures.add(attempt(1));
        run(failing("0:2"));

        assertThat(handled).containsExactly("0:1", "0:2", "1:7", "1:8");
        assertThat(lines().stream().filter(line -> !line.contains("/poll")).toList())
                .containsExactly(
                        "POST /v1/groups/g/offsets",
                        "POST /v1/groups/g/members/m/failures",
                        "POST /v1/groups/g/offsets",
                        "DELETE /v1/groups/g/members/m");
        assertThat(bodies("/offsets"))
                .satisfiesExactly(
                        first -> assertThat(first).contains("\"partition\":0,\"nextOffset\":2}]"),
                        second ->
                                assertThat(second).contains("\"partition\":1,\"nextOffset\":9}]"));
        assertThat(bodies("/failures").get(0))
                .contains("\"partition\":0,\"offset\":2")
                .contains("not today");
        assertThat(polls()).allSatisfy(this::acksNothing);
    }

    @Test
    void anErrorOfTheHandlerIsAFailedAttemptToo() throws Exception {
        polls.add(batch("b1", "0:1"));
        polls.add(batch("b2", "0:1"));
        failures.add(attempt(1));
        AtomicInteger attempts = new AtomicInteger();
        run(
                record -> {
                    if (attempts.incrementAndGet() == 1) {
                        throw new NoClassDefFoundError("some/Gone");
                    }
                });

        assertThat(handled).containsExactly("0:1", "0:1");
        assertThat(bodies("/failures").get(0)).contains("NoClassDefFoundError: some/Gone");
        assertThat(polls().get(2).query()).endsWith("&ack=b2");
    }

    @Test
    void aListenerWithoutMemoryLeavesItsGroup() throws Exception {
        polls.add(batch("b1", "0:1"));
        BusListenerContainer container =
                new BusListenerContainer(
                        client,
                        options(),
                        record -> {
                            throw new OutOfMemoryError("pretended");
                        });
        container.start();
        assertThat(left.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        container.stop();
        assertThat(lines()).noneMatch(line -> line.contains("/failures"));
    }

    @Test
    void aRecordIsTriedUntilItIsADeadLetterAndThenItsPartitionGoesOn() throws Exception {
        polls.add(batch("b1", "0:3 0:4"));
        polls.add(batch("b2", "0:3 0:4"));
        polls.add(batch("b3", "0:4"));
        failures.add(attempt(1));
        failures.add(Reply.of(200, "{\"deadLettered\":true,\"nextOffset\":4}"));
        BusListenerContainer container = run(failing("0:3"));

        assertThat(handled).containsExactly("0:3", "0:3", "0:4");
        assertThat(polls().get(3).query()).endsWith("&ack=b3");
        assertThat(container.counters().failed()).isEqualTo(2);
        assertThat(container.counters().deadLettered()).isEqualTo(1);
        assertThat(container.counters().handled()).isEqualTo(1);
    }

    @Test
    void aPollDoesNotWaitBeyondTheNextAttempt() throws Exception {
        polls.add(batch("b1", "0:3"));
        failures.add(
                Reply.of(
                        200,
                        "{\"attempt\":1,\"resumeAt\":\"" + Instant.now().plusMillis(700) + "\"}"));
        run(failing("0:3"));

        assertThat(polls().get(0).query()).contains("&wait=20s&");
        String wait = polls().get(1).query().replaceAll(".*&wait=([0-9]+)ms&.*", "$1");
        assertThat(Long.parseLong(wait)).isBetween(1L, 700L);
    }

    @Test
    void aMemberThatWasFencedDropsTheBatchAndJoinsAnew() throws Exception {
        polls.add(batch("b1", "0:1 0:2"));
        polls.add(batch("b2", "0:1 0:2"));
        commits.add(Reply.problem(409, "stale-member-epoch", false, "none"));
        failures.add(attempt(1));
        run(failing("0:2"));

        assertThat(lines().stream().map(line -> line.replaceAll("\\?.*", "")).toList())
                .startsWith(
                        "POST /v1/groups/g/members/m/poll",
                        "POST /v1/groups/g/offsets",
                        "DELETE /v1/groups/g/members/m",
                        "POST /v1/groups/g/members/m/poll");
        assertThat(handled).startsWith("0:1", "0:2", "0:1", "0:2");
    }

    @Test
    void aBusThatIsAwayForAWhileIsPolledAgain() throws Exception {
        polls.add(Reply.problem(503, "shutting-down", true, "none"));
        polls.add(Reply.LOST);
        polls.add(batch("b1", "0:1"));
        run(record -> {});

        assertThat(handled).containsExactly("0:1");
    }

    @Test
    void anAnswerThatCannotBeReadDoesNotEndTheListener() throws Exception {
        polls.add(Reply.of(200, "{\"records\":[{\"topic\":\"t\",\"partition\":\"x\"}]}"));
        polls.add(batch("b1", "0:1"));
        run(record -> {});

        assertThat(handled).containsExactly("0:1");
        assertThat(lines()).contains("DELETE /v1/groups/g/members/m");
    }

    @Test
    void stoppingCommitsWhatWasHandledAndLeaves() throws Exception {
        polls.add(batch("b1", "0:1 0:2 0:3"));
        stopWhileInHand(() -> {});

        assertThat(handled).containsExactly("0:1");
        assertThat(bodies("/offsets"))
                .singleElement()
                .satisfies(body -> assertThat(body).contains("\"nextOffset\":2"));
        assertThat(lines()).last().isEqualTo("DELETE /v1/groups/g/members/m");
    }

    @Test
    void aFailureWhileStoppingIsNoAttempt() throws Exception {
        polls.add(batch("b1", "0:1"));
        stopWhileInHand(
                () -> {
                    throw new IllegalStateException("the application goes down");
                });

        assertThat(handled).containsExactly("0:1");
        assertThat(lines())
                .noneMatch(line -> line.contains("/failures") || line.contains("/offsets"))
                .last()
                .isEqualTo("DELETE /v1/groups/g/members/m");
    }

    @Test
    void eachThreadIsAMemberOfItsOwn() {
        ListenerOptions three = options().withConcurrency(3);

        assertThat(List.of(three.consumerOf(1).memberId(), three.consumerOf(3).memberId()))
                .containsExactly("m", "m-3");
    }

    @Test
    void aPacedListenerTakesAQuarterOfASecondAtATime() {
        assertThat(options().withRatePerSecond(15).consumerOf(1).maxRecords()).isEqualTo(4);
        assertThat(options().withRatePerSecond(0.1).consumerOf(1).maxRecords()).isEqualTo(1);
        assertThat(options().withRatePerSecond(1e6).consumerOf(1).maxRecords()).isEqualTo(500);
        assertThat(options().consumerOf(1).maxRecords()).isEqualTo(500);
    }

    /** Stops the container while its handler works on the first record, which then ends so. */
    private void stopWhileInHand(Runnable end) throws InterruptedException {
        CountDownLatch inHand = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        BusListenerContainer container =
                new BusListenerContainer(
                        client,
                        options().withRatePerSecond(1_000),
                        record -> {
                            handled.add(nameOf(record));
                            inHand.countDown();
                            goOn.await();
                            end.run();
                        });
        container.start();
        assertThat(inHand.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        Thread stopper = new Thread(container::stop);
        stopper.start();
        while (stopper.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        stopper.join();
        assertThat(container.isRunning()).isFalse();
    }

    /** Runs the container until the script is through, and stops it. */
    private BusListenerContainer run(RecordHandler handler) throws InterruptedException {
        BusListenerContainer container =
                new BusListenerContainer(
                        client,
                        options(),
                        record -> {
                            handled.add(nameOf(record));
                            handler.handle(record);
                        });
        container.start();
        assertThat(scriptDone.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        container.stop();
        return container;
    }

    private static ListenerOptions options() {
        return ListenerOptions.of(
                ConsumerOptions.of("g", "t").withMemberId("m").withMaxWait(Duration.ofSeconds(20)));
    }

    private static RecordHandler failing(String name) {
        return record -> {
            if (nameOf(record).equals(name)) {
                throw new IllegalStateException("not today");
            }
        };
    }

    private static String nameOf(BusRecord record) {
        return record.partition() + ":" + record.offset();
    }

    private Reply answer(Call call) {
        if (call.path().endsWith("/poll")) {
            Reply scripted = polls.poll();
            return scripted == null ? parked() : scripted;
        }
        if (call.path().endsWith("/failures")) {
            return failures.poll();
        }
        if (call.path().endsWith("/offsets")) {
            Reply scripted = commits.poll();
            return scripted == null ? Reply.of(200, "{}") : scripted;
        }
        left.countDown();
        return Reply.of(204, "");
    }

    /** A poll without records waits until it is cancelled. */
    private Reply parked() {
        scriptDone.countDown();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Reply.LOST;
    }

    /** A poll's answer with the records {@code partition:offset …}. */
    private static Reply batch(String id, String records) {
        StringBuilder items = new StringBuilder();
        for (String record : records.split(" ")) {
            String[] parts = record.split(":");
            items.append(items.length() == 0 ? "" : ",")
                    .append("{\"topic\":\"t\",\"partition\":")
                    .append(parts[0])
                    .append(",\"offset\":")
                    .append(parts[1])
                    .append(",\"value\":{}}");
        }
        return Reply.of(
                200,
                "{\"records\":["
                        + items
                        + "],\"batch\":\""
                        + id
                        + "\",\"memberEpoch\":1,\"assignment\":[]}");
    }

    private static Reply attempt(int number) {
        return Reply.of(200, "{\"attempt\":" + number + ",\"resumeAt\":\"" + Instant.now() + "\"}");
    }

    private List<String> lines() {
        return bus.lines();
    }

    private List<Call> polls() {
        return bus.calls().stream().filter(call -> call.path().endsWith("/poll")).toList();
    }

    private List<String> bodies(String suffix) {
        return bus.calls().stream()
                .filter(call -> call.path().endsWith(suffix))
                .map(Call::body)
                .toList();
    }

    private void acksNothing(Call poll) {
        assertThat(poll.query()).doesNotContain("ack=");
    }

    private void acks(Call poll, String batch) {
        assertThat(poll.query()).endsWith("&ack=" + batch);
    }
}
