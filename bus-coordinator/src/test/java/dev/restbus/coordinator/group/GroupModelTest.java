package dev.restbus.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Random lives of a group; after every step everything that must always hold is checked. */
class GroupModelTest {

    private static final int SEEDS = 60;
    private static final int STEPS = 250;

    @Test
    void everyRuleHoldsAfterEveryStep() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Life life = new Life(seed);
            for (int step = 0; step < STEPS; step++) {
                life.step();
            }
            life.settle();
            life.replay();
        }
    }

    /** One group, what happens to it and what was seen of it. */
    private static final class Life {

        private static final List<String> TOPICS = List.of("t0", "t1", "t2");

        private final int seed;
        private final Random random;
        private final GroupHarness harness = new GroupHarness();
        private final String assignor;
        private String what = "nothing yet";
        private long highestEpoch;
        private final Map<String, MemberView> lastSeen = new HashMap<>();

        Life(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
            List<String> names = List.of("range", "round-robin", "sticky", "cooperative-sticky");
            this.assignor = names.get(seed % names.size());
        }

        void step() {
            try {
                act();
            } catch (BusException refused) {
                what += " refused: " + refused.getMessage();
            }
            check();
        }

        private void act() {
            int dice = random.nextInt(100);
            String member = "m" + random.nextInt(6);
            if (dice < 30) {
                join(member);
            } else if (dice < 65) {
                confirm(member);
            } else if (dice < 80) {
                leave(member);
            } else if (dice < 95) {
                changeTopic(TOPICS.get(random.nextInt(TOPICS.size())));
            } else if (harness.view().members().isEmpty() && !harness.view().deleted()) {
                what = "delete the group";
                harness.applied(GroupDecider.delete(harness.groups, GroupHarness.GROUP));
            }
        }

        private void join(String member) {
            Set<String> topics = new TreeSet<>(TOPICS);
            topics.removeIf(topic -> random.nextInt(3) == 0);
            String instance = member.compareTo("m2") < 0 ? "shared" : null;
            what = "join " + member + " " + instance + " " + topics;
            long before = highestEpoch;
            boolean present = harness.view().member(member) != null;
            harness.join(
                    new JoinGroup(
                            GroupHarness.GROUP,
                            member,
                            List.copyOf(topics),
                            instance,
                            assignor,
                            10_000));
            if (!present) {
                assertThat(harness.member(member).incarnation())
                        .as("incarnation of a newcomer: %s", this)
                        .isGreaterThan(before)
                        .isEqualTo(harness.member(member).memberEpoch());
            }
        }

        private void confirm(String member) {
            MemberView present = harness.view().member(member);
            long epoch = present == null ? 1 : present.memberEpoch() - random.nextInt(2);
            what = "confirm " + member + " " + epoch;
            harness.confirm(member, epoch);
        }

        private void leave(String member) {
            MemberView present = harness.view().member(member);
            long incarnation = present == null ? 1 : present.incarnation() - random.nextInt(2);
            LeaveCause cause = LeaveCause.values()[random.nextInt(2)];
            what = "leave " + member + " " + incarnation + " " + cause;
            harness.leave(member, incarnation, cause);
        }

        private void changeTopic(String topic) {
            int now = harness.topics.getOrDefault(topic, 0);
            if (now > 6) {
                what = "delete " + topic;
                harness.deleteTopic(topic);
            } else {
                what = topic + " grows from " + now;
                harness.topic(topic, now + 1 + random.nextInt(3));
            }
        }

        private void check() {
            GroupView view = harness.view();
            assertThat(view.groupEpoch())
                    .as("epoch: %s", this)
                    .isGreaterThanOrEqualTo(highestEpoch);
            highestEpoch = view.groupEpoch();
            Set<TopicPartition> held = new HashSet<>();
            for (MemberView member : view.members()) {
                checkMember(view, member, held);
            }
            if (view.settled()) {
                checkComplete(view, held);
            }
            lastSeen.clear();
            view.members().forEach(member -> lastSeen.put(member.memberId(), member));
        }

        private void checkMember(GroupView view, MemberView member, Set<TopicPartition> held) {
            List<TopicPartition> holds = new ArrayList<>(member.assignment());
            holds.addAll(member.revoking());
            for (TopicPartition partition : holds) {
                assertThat(held.add(partition)).as("%s twice: %s", partition, this).isTrue();
                assertThat(partition.partition())
                        .as("%s exists: %s", partition, this)
                        .isLessThan(harness.topics.getOrDefault(partition.topic(), 0));
            }
            assertThat(member.assignment())
                    .as("subscribed: %s", this)
                    .allMatch(partition -> member.topics().contains(partition.topic()))
                    .isSorted();
            assertThat(member.memberEpoch()).as("%s", this).isEqualTo(view.groupEpoch());
            checkAgainstBefore(member, lastSeen.get(member.memberId()));
        }

        private void checkAgainstBefore(MemberView member, MemberView before) {
            if (before == null || before.incarnation() != member.incarnation()) {
                return;
            }
            assertThat(member.memberEpoch()).isGreaterThanOrEqualTo(before.memberEpoch());
            if (member.memberEpoch() == before.memberEpoch()) {
                assertThat(member.assignment())
                        .as("only grows within an epoch: %s", this)
                        .containsAll(before.assignment());
            }
            Set<TopicPartition> unconfirmed = new HashSet<>(before.assignment());
            unconfirmed.removeAll(member.assignment());
            unconfirmed.removeIf(p -> !harness.topics.containsKey(p.topic()));
            assertThat(member.revoking())
                    .as("what it had it has or gives up: %s", this)
                    .containsAll(unconfirmed);
        }

        private void checkComplete(GroupView view, Set<TopicPartition> held) {
            Set<TopicPartition> expected = new HashSet<>();
            for (MemberView member : view.members()) {
                for (String topic : member.topics()) {
                    int count = harness.topics.getOrDefault(topic, 0);
                    for (int partition = 0; partition < count; partition++) {
                        expected.add(new TopicPartition(topic, partition));
                    }
                }
            }
            assertThat(held).as("all is owned: %s", this).isEqualTo(expected);
        }

        void settle() {
            what = "everybody confirms";
            for (MemberView member : harness.view().members()) {
                harness.confirm(member.memberId());
                check();
            }
            assertThat(harness.view().settled()).as("settled: %s", this).isTrue();
            GroupState group = harness.groups.orNew(GroupHarness.GROUP);
            for (Member member : group.members().values()) {
                assertThat(member.assignment()).as("%s", this).isEqualTo(member.target());
            }
        }

        void replay() {
            Groups replayed = new Groups();
            harness.events.forEach(replayed::apply);
            assertThat(replayed).as("%s", this).isEqualTo(harness.groups);
        }

        @Override
        public String toString() {
            return "seed " + seed + ", after: " + what + ": " + harness.view();
        }
    }
}
