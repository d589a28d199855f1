package dev.restbus.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.restbus.api.control.GroupChannel.LeaveCause;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.GroupView.Rebalance;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What groups do, story by story. */
class GroupDeciderTest {

    private final GroupHarness g = new GroupHarness();

    @Test
    void theFirstMemberGetsEverything() {
        g.topics.put("t", 3);

        GroupView view = g.join("a", "t");

        assertThat(view.groupEpoch()).isEqualTo(1);
        assertThat(view.assignor()).isEqualTo("cooperative-sticky");
        assertThat(view.settled()).isTrue();
        assertThat(view.deleted()).isFalse();
        assertThat(g.has("a")).isEqualTo("t-0 t-1 t-2");
        assertThat(g.member("a").memberEpoch()).isEqualTo(1);
        assertThat(g.member("a").incarnation()).isEqualTo(1);
    }

    @Test
    void aNewcomerGetsItsShareOnlyOnceTheOwnerConfirmedTheLoss() {
        g.topics.put("t", 4);
        g.join("a", "t");

        GroupView joined = g.join("b", "t");

        assertThat(joined.groupEpoch()).isEqualTo(2);
        assertThat(joined.settled()).isFalse();
        assertThat(g.has("a")).isEqualTo("t-0 t-1");
        assertThat(g.loses("a")).isEqualTo("t-2 t-3");
        assertThat(g.has("b")).isEmpty();
        assertThat(g.member("a").memberEpoch()).isEqualTo(2);
        assertThat(g.member("a").incarnation()).isEqualTo(1);
        assertThat(g.member("b").memberEpoch()).isEqualTo(2);

        GroupView confirmed = g.confirm("a", 2);

        assertThat(confirmed.settled()).isTrue();
        assertThat(confirmed.groupEpoch()).isEqualTo(2);
        assertThat(g.has("b")).isEqualTo("t-2 t-3");
        assertThat(g.member("b").memberEpoch()).isEqualTo(2);
    }

    @Test
    void aConfirmationOfAnOlderEpochReleasesNothing() {
        g.topics.put("t", 4);
        g.join("a", "t");
        g.join("b", "t");

        g.confirm("a", 1);
        g.confirm("a", 3);

        assertThat(g.loses("a")).isEqualTo("t-2 t-3");
        assertThat(g.has("b")).isEmpty();
    }

    @Test
    void aConfirmationWithNothingToConfirmIsNoEvent() {
        g.topics.put("t", 4);
        g.join("a", "t");
        int events = g.events.size();

        g.confirm("a", 1);

        assertThat(g.events).hasSize(events);
    }

    @Test
    void whatALeaverHadGoesToTheOthersAtOnce() {
        g.topics.put("t", 4);
        g.join("a", "t");
        g.join("b", "t");
        g.confirm("a");

        GroupView view = g.leave("b");

        assertThat(view.groupEpoch()).isEqualTo(3);
        assertThat(view.settled()).isTrue();
        assertThat(g.has("a")).isEqualTo("t-0 t-1 t-2 t-3");
    }

    @Test
    void anExpiredMembersUnconfirmedLossIsFreeToo() {
        g.topics.put("t", 4);
        g.join("a", "t");
        g.join("b", "t");

        g.leave("a", 1, LeaveCause.EXPIRED);

        assertThat(g.has("b")).isEqualTo("t-0 t-1 t-2 t-3");
        assertThat(g.view().rebalances())
                .extracting(Rebalance::cause)
                .containsExactly("member a joined", "member b joined", "member a expired");
    }

    @Test
    void aReportOfAnEarlierIncarnationsEndChangesNothing() {
        g.topics.put("t", 2);
        g.join("a", "t");
        g.leave("a");
        g.join("a", "t");

        GroupView view = g.leave("a", 1, LeaveCause.EXPIRED);

        assertThat(view.member("a")).isNotNull();
        assertThat(view.groupEpoch()).isEqualTo(3);
    }

    @Test
    void whoComesBackStartsAnIncarnationAboveEveryEpochGiven() {
        g.topics.put("t", 2);
        g.join("a", "t");
        g.leave("a");

        assertThat(g.view().members()).isEmpty();
        assertThat(g.join("a", "t").groupEpoch()).isEqualTo(3);
        assertThat(g.member("a").incarnation()).isEqualTo(3);
    }

    @Test
    void aDeletedAndNewGroupGoesOnWithTheEpochs() {
        g.topics.put("t", 2);
        g.join("a", "t");
        g.leave("a");
        GroupView end = g.applied(GroupDecider.delete(g.groups, "g"));

        assertThat(end.deleted()).isTrue();
        assertThat(g.groups.views()).isEmpty();
        g.join("a", "t");
        assertThat(g.member("a").incarnation()).isEqualTo(3);
        assertThat(g.view().retry()).isEqualTo(RetryPolicy.DEFAULT);
    }

    @Test
    void joiningAgainWithTheSameTopicsIsNoEvent() {
        g.topics.put("t", 2);
        g.topics.put("u", 2);
        g.join("a", "t", "u");
        int events = g.events.size();

        GroupView view = g.join("a", "u", "t");

        assertThat(g.events).hasSize(events);
        assertThat(view.groupEpoch()).isEqualTo(1);
    }

    @Test
    void anotherSessionTimeoutIsKeptWithoutARebalance() {
        g.topics.put("t", 2);
        g.join("a", "t");

        g.join(new JoinGroup("g", "a", List.of("t"), null, null, 9_000));

        assertThat(g.member("a").sessionTimeoutMs()).isEqualTo(9_000);
        assertThat(g.view().groupEpoch()).isEqualTo(1);
    }

    @Test
    void otherTopicsBumpTheEpochAndKeepTheIncarnation() {
        g.topics.put("t", 2);
        g.topics.put("u", 1);
        g.join("a", "t");

        GroupView view = g.join("a", "u");

        assertThat(view.groupEpoch()).isEqualTo(2);
        assertThat(g.has("a")).isEqualTo("u-0");
        assertThat(g.loses("a")).isEqualTo("t-0 t-1");
        assertThat(g.member("a").incarnation()).isEqualTo(1);
        assertThat(g.confirm("a").settled()).isTrue();
    }

    @Test
    void whatAMemberGetsBackBeforeItConfirmedStaysWithIt() {
        g.topics.put("t", 2);
        g.join("a", "t");
        g.join("b", "t");
        assertThat(g.loses("a")).isEqualTo("t-1");

        g.leave("b");

        assertThat(g.has("a")).isEqualTo("t-0 t-1");
        assertThat(g.loses("a")).isEmpty();
        assertThat(g.member("a").memberEpoch()).isEqualTo(3);
    }

    @Test
    void aTopicThatComesToBeIsAssignedToItsSubscribers() {
        g.join("a", "later");
        assertThat(g.has("a")).isEmpty();

        GroupView view = g.topic("later", 2);

        assertThat(view.groupEpoch()).isEqualTo(2);
        assertThat(g.has("a")).isEqualTo("later-0 later-1");
        assertThat(view.settled()).isTrue();
    }

    @Test
    void aTopicNobodySubscribesToChangesNothing() {
        g.join("a", "t");

        assertThat(g.topic("other", 2).groupEpoch()).isEqualTo(1);
    }

    @Test
    void morePartitionsAreSharedOut() {
        g.topics.put("t", 2);
        g.join("a", "t");
        g.join("b", "t");
        g.confirm("a");

        GroupView view = g.topic("t", 4);

        assertThat(view.settled()).isTrue();
        assertThat(g.has("a")).isEqualTo("t-0 t-2");
        assertThat(g.has("b")).isEqualTo("t-1 t-3");
    }

    @Test
    void nobodyHoldsAnythingOfADeletedTopic() {
        g.topics.put("t", 4);
        g.join("a", "t");
        g.join("b", "t");
        assertThat(g.loses("a")).isNotEmpty();

        GroupView view = g.deleteTopic("t");

        assertThat(view.groupEpoch()).isEqualTo(3);
        assertThat(view.settled()).isTrue();
        assertThat(g.has("a") + g.has("b") + g.loses("a")).isEmpty();
    }

    @Test
    void aMemberThatGaveUpATopicLosesTheRestWithIt() {
        g.topics.put("t", 1);
        g.join("a", "t");
        g.join("a", "u");
        assertThat(g.loses("a")).isEqualTo("t-0");

        g.deleteTopic("t");
        g.topic("t", 1);
        g.join("b", "t");

        assertThat(g.has("b")).isEqualTo("t-0");
        assertThat(g.loses("a")).isEmpty();
    }

    @Test
    void aStaticMemberThatComesBackUnderAnotherIdGetsItsSeat() {
        g.topics.put("t", 4);
        g.joinStatic("a1", "ia", "t");
        g.joinStatic("b", "ib", "t");
        g.confirm("a1");
        String had = g.has("a1");
        MemberView bystander = g.member("b");

        GroupView view = g.joinStatic("a2", "ia", "t");

        assertThat(view.member("a1")).isNull();
        assertThat(view.settled()).isTrue();
        assertThat(g.has("a2")).isEqualTo(had);
        assertThat(g.member("a2").incarnation()).isEqualTo(view.groupEpoch()).isEqualTo(3);
        assertThat(g.member("b").assignment()).isEqualTo(bystander.assignment());
    }

    @Test
    void theFormerHolderOfASeatIsFencedUntilTheSeatEnds() {
        g.topics.put("t", 1);
        g.joinStatic("a1", "ia", "t");
        g.joinStatic("a2", "ia", "t");

        assertThatThrownBy(() -> g.confirm("a1", 1)).hasMessageContaining("fenced-instance");
        assertThatThrownBy(() -> g.joinStatic("a1", "ia", "t"))
                .hasMessageContaining("fenced-instance");
        assertThatThrownBy(() -> g.join("a1", "t")).hasMessageContaining("fenced-instance");
        assertThat(g.leave("a1", 1, LeaveCause.EXPIRED).groupEpoch()).isEqualTo(2);

        g.leave("a2");
        g.joinStatic("a1", "ia", "t");
        assertThat(g.has("a1")).isEqualTo("t-0");
    }

    @Test
    void aStaticMemberThatComesBackUnderItsOwnIdChangesNothing() {
        g.topics.put("t", 1);
        g.joinStatic("a", "ia", "t");

        assertThat(g.joinStatic("a", "ia", "t").groupEpoch()).isEqualTo(1);
        assertThat(g.join("a", "t").groupEpoch()).isEqualTo(1);
    }

    @Test
    void aMemberKeepsItsInstanceId() {
        g.joinStatic("a", "ia", "t");

        assertThatThrownBy(() -> g.joinStatic("a", "ib", "t"))
                .hasMessageContaining("invalid-value")
                .hasMessageContaining("ia");
    }

    @Test
    void theFirstMemberDecidesTheAssignor() {
        g.joinWith("range", "a", "t");

        assertThatThrownBy(() -> g.joinWith("sticky", "b", "t"))
                .hasMessageContaining("assignor-mismatch")
                .hasMessageContaining("range, not sticky");
        assertThat(g.join("b", "t").assignor()).isEqualTo("range");
        assertThat(g.view().members()).hasSize(2);
    }

    @Test
    void anEmptyGroupMayChangeItsAssignor() {
        g.joinWith("range", "a", "t");
        g.leave("a");

        assertThat(g.joinWith("round-robin", "b", "t").assignor()).isEqualTo("round-robin");
    }

    @Test
    void anUnknownAssignorOrABadNameIsRefused() {
        assertThatThrownBy(() -> g.joinWith("fair", "a", "t"))
                .hasMessageContaining("invalid-value");
        assertThatThrownBy(() -> g.join("a b", "t")).hasMessageContaining("invalid-name");
        assertThat(g.events).isEmpty();
    }

    @Test
    void whoIsNotThereCannotConfirm() {
        assertThatThrownBy(() -> g.confirm("a", 1)).hasMessageContaining("unknown-member");
    }

    @Test
    void whoIsNotThereMayLeave() {
        GroupView view = g.leave("a", 1, LeaveCause.LEFT);

        assertThat(view.deleted()).isTrue();
        assertThat(g.events).isEmpty();
    }

    @Test
    void aPolicyMakesAGroupAndStaysWithIt() {
        RetryPolicy policy = new RetryPolicy(7, 250, "dead");

        GroupView view = g.applied(GroupDecider.configure(g.groups, "g", policy));

        assertThat(view.retry()).isEqualTo(policy);
        assertThat(view.groupEpoch()).isZero();
        assertThat(view.assignor()).isNull();
        assertThat(view.settled()).isTrue();
        assertThat(g.join("a", "t").retry()).isEqualTo(policy);
        assertThat(GroupDecider.configure(g.groups, "g", policy)).isEmpty();
    }

    @Test
    void onlyAnEmptyGroupCanBeDeleted() {
        g.join("a", "t");

        assertThatThrownBy(() -> GroupDecider.delete(g.groups, "g"))
                .hasMessageContaining("group-not-empty");
        assertThatThrownBy(() -> GroupDecider.delete(g.groups, "h"))
                .hasMessageContaining("unknown-group");
    }

    @Test
    void theLastTenRebalancesAreKept() {
        for (int i = 1; i <= 6; i++) {
            g.join("a", "t");
            g.leave("a");
        }

        assertThat(g.view().rebalances())
                .hasSize(10)
                .extracting(Rebalance::groupEpoch, Rebalance::cause)
                .startsWith(tuple(3L, "member a joined"), tuple(4L, "member a left"))
                .endsWith(tuple(12L, "member a left"));
    }
}
