package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupChannel;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.JoinGroup;
import dev.restbus.api.control.MemberView;
import dev.restbus.broker.group.PollRequest.Joining;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Joins members, asking the coordinator only where something is new. Thread-safe. */
final class Joins {

    private final GroupChannel channel;

    Joins(GroupChannel channel) {
        this.channel = channel;
    }

    /**
     * The group with this member in it. Fails with 422 {@code missing-field} for a new member
     * without topics, and as {@link GroupChannel#join}.
     */
    CompletableFuture<GroupView> joined(Joining joining) {
        GroupView view = channel.group(joining.group());
        MemberView member = view == null ? null : view.member(joining.memberId());
        if (view != null && member != null && !isNews(joining, view, member)) {
            return CompletableFuture.completedFuture(view);
        }
        List<String> topics = joining.topics();
        if (topics == null && member != null) {
            topics = member.topics();
        }
        if (topics == null) {
            return CompletableFuture.failedFuture(
                    ProblemCode.MISSING_FIELD.exceptionAt(
                            "topics",
                            "'"
                                    + joining.memberId()
                                    + "' is no member of group '"
                                    + joining.group()
                                    + "' yet: its first call names the topics to read"));
        }
        return channel.join(
                new JoinGroup(
                        joining.group(),
                        joining.memberId(),
                        topics,
                        instanceId(joining, member),
                        joining.assignor(),
                        sessionTimeoutMs(joining, member)));
    }

    private static boolean isNews(Joining joining, GroupView view, MemberView member) {
        return (joining.topics() != null && !joining.topics().equals(member.topics()))
                || (joining.assignor() != null && !joining.assignor().equals(view.assignor()))
                || (joining.instanceId() != null
                        && !Objects.equals(joining.instanceId(), member.instanceId()))
                || (joining.sessionTimeoutMs() != null
                        && joining.sessionTimeoutMs() != member.sessionTimeoutMs());
    }

    private static @Nullable String instanceId(Joining joining, @Nullable MemberView member) {
        return joining.instanceId() != null || member == null
                ? joining.instanceId()
                : member.instanceId();
    }

    private static long sessionTimeoutMs(Joining joining, @Nullable MemberView member) {
        if (joining.sessionTimeoutMs() != null) {
            return joining.sessionTimeoutMs();
        }
        return member == null ? JoinGroup.DEFAULT_SESSION_TIMEOUT_MS : member.sessionTimeoutMs();
    }
}
