package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.group.GroupFixture.Got;
import dev.restbus.broker.group.GroupFixture.Polled;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of a group: members come, go, fall silent, lose answers, ack or not, and the
 * broker restarts. Whatever is committed was received by somebody, commits never go back, and at
 * the end nothing is left.
 */
class GroupHistoryTest {

    private static final int PARTITIONS = 3;
    private static final List<String> MEMBERS = List.of("a", "b", "c");

    @TempDir Path folder;

    private final Map<Integer, Set<Long>> received = new HashMap<>();
    private final Map<Integer, Long> committed = new HashMap<>();
    private final Map<String, @Nullable String> batches = new HashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whatIsCommittedWasReceivedAndNothingIsSkipped(long seed) throws Exception {
        Random random = new Random(seed);
        try (GroupFixture bus = new GroupFixture(folder.resolve("data"))) {
            bus.topic("t", PARTITIONS);
            for (int step = 0; step < 120; step++) {
                step(bus, random);
                check(bus, "seed " + seed + " step " + step);
            }
            drain(bus);
            check(bus, "seed " + seed + " at the end");
            for (int p = 0; p < PARTITIONS; p++) {
                long end = bus.leader("t", p).logEnd();
                assertThat(end == 0 ? 0L : committed.get(p))
                        .as("seed %s, commit of partition %s", seed, p)
                        .isEqualTo(end);
            }
        }
    }

    private void step(GroupFixture bus, Random random) {
        String member = MEMBERS.get(random.nextInt(MEMBERS.size()));
        switch (random.nextInt(12)) {
            case 0, 1 -> bus.produce("t", random.nextInt(PARTITIONS), 1 + random.nextInt(4));
            case 2 -> leave(bus, member, random);
            case 3 -> bus.clock.advance(random.nextInt(40_000));
            case 4 -> {
                if (random.nextInt(4) == 0) {
                    bus.restart();
                }
            }
            case 5 -> fail(bus, member, random);
            default -> poll(bus, member, random);
        }
    }

    private void poll(GroupFixture bus, String member, Random random) {
        GroupFixture.Call call = bus.poll(member).topics("t").max(1 + random.nextInt(5));
        if (random.nextInt(3) == 0) {
            call.ack(batches.get(member));
        }
        try {
            note(member, call.get(), random.nextInt(4) > 0);
        } catch (BusException e) {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.STALE_MEMBER_EPOCH);
            batches.remove(member);
        }
    }

    private void note(String member, Polled polled, boolean arrives) {
        if (!arrives) {
            polled.lost();
            return;
        }
        for (Got got : polled.records()) {
            received.computeIfAbsent(got.partition(), p -> new TreeSet<>()).add(got.offset());
        }
        batches.put(member, polled.answer().batch());
        polled.received();
    }

    private void leave(GroupFixture bus, String member, Random random) {
        String ack = random.nextBoolean() ? batches.get(member) : null;
        try {
            GroupFixture.get(bus.groups().leave(GroupFixture.GROUP, member, ack));
        } catch (BusException e) {
            assertThat(e.problem().code())
                    .isIn(ProblemCode.UNKNOWN_MEMBER, ProblemCode.STALE_MEMBER_EPOCH);
        }
    }

    /** The head of a partition fails; after its last attempt it leaves for the dead letters. */
    private void fail(GroupFixture bus, String member, Random random) {
        int partition = random.nextInt(PARTITIONS);
        Long head = bus.committed("t", partition);
        long offset = head == null ? 0 : head;
        try {
            GroupFixture.get(
                    bus.groups()
                            .fail(
                                    GroupFixture.GROUP,
                                    member,
                                    new TopicPartition("t", partition),
                                    offset,
                                    "no"));
            // Whoever reports a record has it.
            received.computeIfAbsent(partition, p -> new TreeSet<>()).add(offset);
        } catch (BusException e) {
            assertThat(e.problem().code())
                    .isIn(
                            ProblemCode.UNKNOWN_MEMBER,
                            ProblemCode.STALE_MEMBER_EPOCH,
                            ProblemCode.OFFSET_BEYOND_LOG_END);
        }
    }

    private void check(GroupFixture bus, String when) {
        for (int p = 0; p < PARTITIONS; p++) {
            Long now = bus.channel.groups().isEmpty() ? null : bus.committed("t", p);
            long before = committed.getOrDefault(p, 0L);
            long next = now == null ? 0 : now;
            assertThat(next)
                    .as("%s, commit of partition %s", when, p)
                    .isGreaterThanOrEqualTo(before);
            for (long offset = before; offset < next; offset++) {
                assertThat(received.getOrDefault(p, Set.of()))
                        .as("%s, received of partition %s", when, p)
                        .contains(offset);
            }
            committed.put(p, next);
        }
    }

    /** One member stays and reads all that is left. */
    private void drain(GroupFixture bus) {
        bus.clock.advance(60_000);
        int quiet = 0;
        for (int i = 0; quiet < 3 && i < 200; i++) {
            Polled polled = bus.poll("a").topics("t").get();
            note("a", polled, true);
            quiet = polled.records().isEmpty() && polled.answer().held().isEmpty() ? quiet + 1 : 0;
            bus.clock.advance(1_000);
        }
    }
}
