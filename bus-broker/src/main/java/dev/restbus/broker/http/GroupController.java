package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.Durations;
import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MemberView;
import dev.restbus.api.control.RetryPolicy;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.api.wire.GroupDetails;
import dev.restbus.api.wire.GroupMember;
import dev.restbus.api.wire.GroupOffsets;
import dev.restbus.api.wire.Page;
import dev.restbus.api.wire.PutGroup;
import dev.restbus.broker.group.ExplicitCommit;
import dev.restbus.broker.group.Groups;
import dev.restbus.broker.group.PollRequest.Joining;
import dev.restbus.broker.group.ResetTarget;
import dev.restbus.broker.membership.Membership;
import dev.restbus.broker.offsets.OffsetStore;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Consumer groups, but for the poll: members, committed offsets, failures, and the group itself.
 */
@RestController
@RequestMapping(path = "/v1/groups", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Consumer groups")
class GroupController {

    /** A session outlives this many heartbeats that go astray. */
    private static final int HEARTBEATS_PER_SESSION = 9;

    private static final int MAX_OFFSETS = 10_000;

    private final Groups groups;
    private final Membership membership;

    GroupController(Groups groups, Membership membership) {
        this.groups = groups;
        this.membership = membership;
    }

    @GetMapping
    @Operation(operationId = "listGroups", summary = "List groups by name")
    Page<GroupDetails.Summary> list(
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam(defaultValue = "") String cursor) {
        if (limit < 1 || limit > Page.MAX_LIMIT) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "limit", "limit is from 1 to " + Page.MAX_LIMIT + ", not " + limit);
        }
        List<GroupDetails.Summary> items = new ArrayList<>();
        for (GroupView view : groups.list()) {
            if (view.group().compareTo(cursor) > 0) {
                if (items.size() == limit) {
                    return new Page<>(items, items.get(limit - 1).group());
                }
                items.add(summary(view));
            }
        }
        return new Page<>(items, null);
    }

    @GetMapping("/{group}")
    @Operation(operationId = "getGroup", summary = "One group with members and lag")
    CompletableFuture<GroupDetails> get(@PathVariable String group) {
        return groups.describe(name(group)).thenApply(this::details);
    }

    @PutMapping("/{group}")
    @Operation(operationId = "putGroup", summary = "Set the group's retry policy")
    CompletableFuture<GroupDetails> put(
            @PathVariable String group, @RequestBody(required = false) @Nullable PutGroup body) {
        PutGroup.Retry retry = body == null ? null : body.retry();
        return groups.configure(name(group), policy(retry)).thenApply(this::details);
    }

    @DeleteMapping("/{group}")
    @Operation(
            operationId = "deleteGroup",
            summary = "Delete a group without members and forget its offsets",
            responses = @ApiResponse(responseCode = "204", description = "Deleted"))
    CompletableFuture<ResponseEntity<Void>> delete(@PathVariable String group) {
        return groups.delete(name(group)).thenApply(done -> ResponseEntity.noContent().build());
    }

    @PostMapping("/{group}/members")
    @Operation(
            operationId = "joinGroup",
            summary = "Join as a member that reads from the leaders itself",
            responses = {
                @ApiResponse(
                        responseCode = "201",
                        description = "Joined",
                        useReturnTypeSchema = true),
                @ApiResponse(
                        responseCode = "200",
                        description = "It was a member before",
                        useReturnTypeSchema = true)
            })
    CompletableFuture<ResponseEntity<GroupMember.Seat>> join(
            @PathVariable String group, @RequestBody GroupMember.Join body) {
        if (body.rebalance() != null && !body.rebalance().equals("cooperative")) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/rebalance",
                    "this version hands partitions over cooperatively, not '"
                            + body.rebalance()
                            + "'");
        }
        Joining joining =
                new Joining(
                        name(group),
                        Names.require("member", required("/memberId", body.memberId())),
                        body.topics() == null
                                ? null
                                : GroupPollRoute.topics("/topics", body.topics()),
                        body.instanceId() == null
                                ? null
                                : Names.require("instanceId", body.instanceId()),
                        body.assignor(),
                        GroupPollRoute.sessionTimeoutMs("/sessionTimeout", body.sessionTimeout()));
        return groups.join(joining)
                .thenApply(
                        seat -> ResponseEntity.status(seat.joined() ? 201 : 200).body(wire(seat)));
    }

    @PostMapping("/{group}/members/{member}/heartbeat")
    @Operation(operationId = "heartbeat", summary = "Stay a member, confirm what was lost")
    CompletableFuture<GroupMember.Seat> heartbeat(
            @PathVariable String group,
            @PathVariable String member,
            @RequestBody GroupMember.Heartbeat body) {
        long epoch = required("/memberEpoch", body.memberEpoch());
        return groups.heartbeat(name(group), Names.require("member", member), epoch)
                .thenApply(GroupController::wire);
    }

    @DeleteMapping("/{group}/members/{member}")
    @Operation(
            operationId = "leaveGroup",
            summary = "Leave, and commit a last batch",
            responses = @ApiResponse(responseCode = "204", description = "Left"))
    CompletableFuture<ResponseEntity<Void>> leave(
            @PathVariable String group,
            @PathVariable String member,
            @RequestParam(required = false) @Nullable String ack) {
        return groups.leave(name(group), Names.require("member", member), ack)
                .thenApply(done -> ResponseEntity.noContent().build());
    }

    @PostMapping("/{group}/members/{member}/failures")
    @Operation(
            operationId = "reportFailure",
            summary = "Report that a record could not be processed",
            description =
                    "Answers `{\"attempt\",\"resumeAt\"}`, or after the last attempt"
                            + " `{\"deadLettered\":true,\"nextOffset\"}`. Only the first record"
                            + " that is not committed can fail; it blocks its partition.")
    CompletableFuture<Object> fail(
            @PathVariable String group,
            @PathVariable String member,
            @RequestBody GroupMember.Failure body) {
        TopicPartition partition =
                new TopicPartition(
                        Names.require("topic", required("/topic", body.topic())),
                        required("/partition", body.partition()));
        String error = body.error() == null ? "" : body.error();
        return groups.fail(
                        name(group),
                        Names.require("member", member),
                        partition,
                        required("/offset", body.offset()),
                        error)
                .thenApply(GroupController::wire);
    }

    @GetMapping("/{group}/offsets")
    @Operation(operationId = "getOffsets", summary = "What the group committed")
    CompletableFuture<GroupOffsets.Listing> offsets(@PathVariable String group) {
        return groups.places(name(group))
                .thenApply(
                        places ->
                                new GroupOffsets.Listing(
                                        places.stream().map(GroupController::wire).toList()));
    }

    @PostMapping("/{group}/offsets")
    @Operation(operationId = "commitOffsets", summary = "Commit the next offsets to read")
    CompletableFuture<GroupOffsets.Committed> commit(
            @PathVariable String group, @RequestBody GroupOffsets.Commit body) {
        List<GroupOffsets.NewOffset> wanted = required("/offsets", body.offsets());
        if (wanted.size() > MAX_OFFSETS) {
            throw ProblemCode.BATCH_TOO_LARGE.exceptionAt(
                    "/offsets", "at most " + MAX_OFFSETS + " offsets, not " + wanted.size());
        }
        List<ExplicitCommit.Offset> offsets = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            String at = "/offsets/" + i;
            GroupOffsets.NewOffset one = required(at, wanted.get(i));
            offsets.add(
                    new ExplicitCommit.Offset(
                            Names.require("topic", required(at + "/topic", one.topic())),
                            required(at + "/partition", one.partition()),
                            required(at + "/nextOffset", one.nextOffset()),
                            one.metadata()));
        }
        String memberId = body.memberId();
        long epoch = memberId == null ? 0 : required("/memberEpoch", body.memberEpoch());
        return groups.commit(new ExplicitCommit(name(group), memberId, epoch, offsets))
                .thenApply(rewound -> new GroupOffsets.Committed(wanted, rewound));
    }

    @PostMapping("/{group}/offsets/reset")
    @Operation(operationId = "resetOffsets", summary = "Set the group's place in a topic")
    CompletableFuture<GroupOffsets.ResetDone> reset(
            @PathVariable String group, @RequestBody GroupOffsets.Reset body) {
        Object to = required("/to", body.to());
        if (!(to instanceof String) && !(to instanceof Integer) && !(to instanceof Long)) {
            throw ProblemCode.WRONG_TYPE.exceptionAt("/to", "to is a string or a whole number");
        }
        return groups.reset(
                        new Groups.Reset(
                                name(group),
                                Names.require("topic", required("/topic", body.topic())),
                                body.partition(),
                                ResetTarget.parse(to.toString()),
                                Boolean.TRUE.equals(body.force()),
                                Boolean.TRUE.equals(body.dryRun())))
                .thenApply(
                        moved ->
                                new GroupOffsets.ResetDone(
                                        moved.stream().map(GroupController::wire).toList()));
    }

    private static String name(String group) {
        return Names.requireOwn("group", group);
    }

    private static <T> T required(String pointer, @Nullable T value) {
        if (value == null) {
            throw ProblemCode.MISSING_FIELD.exceptionAt(pointer, pointer + " is required");
        }
        return value;
    }

    private static RetryPolicy policy(PutGroup.@Nullable Retry retry) {
        if (retry == null) {
            return RetryPolicy.DEFAULT;
        }
        int attempts =
                retry.maxAttempts() == null
                        ? RetryPolicy.DEFAULT.maxAttempts()
                        : retry.maxAttempts();
        if (attempts < 1 || attempts > RetryPolicy.MAX_ATTEMPTS) {
            throw invalid(
                    "/retry/maxAttempts",
                    "maxAttempts is from 1 to " + RetryPolicy.MAX_ATTEMPTS + ", not " + attempts);
        }
        PutGroup.DeadLetter deadLetter = retry.deadLetter();
        String topic = deadLetter == null ? null : deadLetter.topic();
        return new RetryPolicy(
                attempts,
                backoffMs(retry.backoff()),
                topic == null ? null : Names.requireOwn("topic", topic));
    }

    private static long backoffMs(PutGroup.@Nullable Backoff backoff) {
        if (backoff == null) {
            return RetryPolicy.DEFAULT.backoffMs();
        }
        if (backoff.type() != null && !backoff.type().equals("fixed")) {
            throw invalid(
                    "/retry/backoff/type",
                    "this version has a fixed backoff only, not '" + backoff.type() + "'");
        }
        if (backoff.initial() == null) {
            return RetryPolicy.DEFAULT.backoffMs();
        }
        long ms = Durations.parseMs("/retry/backoff/initial", backoff.initial());
        if (ms > RetryPolicy.MAX_BACKOFF_MS) {
            throw invalid(
                    "/retry/backoff/initial",
                    "a backoff is at most " + Durations.format(RetryPolicy.MAX_BACKOFF_MS));
        }
        return ms;
    }

    private static BusException invalid(String pointer, String detail) {
        return ProblemCode.INVALID_VALUE.exceptionAt(pointer, detail);
    }

    private static GroupMember.Seat wire(Groups.Seat seat) {
        long sessionMs = seat.member().sessionTimeoutMs();
        return new GroupMember.Seat(
                seat.member().memberId(),
                seat.member().memberEpoch(),
                seat.member().assignment(),
                Durations.format(sessionMs / HEARTBEATS_PER_SESSION),
                Durations.format(sessionMs),
                !seat.settled());
    }

    private static Object wire(Groups.FailureOutcome outcome) {
        if (outcome.nextOffset() != null) {
            return new GroupMember.DeadLettered(true, outcome.nextOffset());
        }
        long resumeAtMs = outcome.resumeAtMs() == null ? 0 : outcome.resumeAtMs();
        return new GroupMember.Attempt(
                outcome.attempt(), Instant.ofEpochMilli(resumeAtMs).toString());
    }

    private static GroupOffsets.Place wire(Groups.Place place) {
        long next = place.committed().nextOffset();
        return new GroupOffsets.Place(
                place.partition().topic(),
                place.partition().partition(),
                next,
                next == 0 ? null : next - 1,
                place.committed().metadata(),
                Instant.ofEpochMilli(place.committed().atMs()).toString(),
                place.committed().leaderEpoch(),
                place.lag());
    }

    private static GroupOffsets.Moved wire(Groups.Moved moved) {
        return new GroupOffsets.Moved(
                moved.partition().topic(),
                moved.partition().partition(),
                moved.before(),
                moved.after());
    }

    private GroupDetails.Summary summary(GroupView view) {
        return new GroupDetails.Summary(
                view.group(),
                state(view),
                view.groupEpoch(),
                view.assignor(),
                membership.self().id(),
                OffsetStore.partitionOf(view.group()),
                view.members().size());
    }

    private GroupDetails details(Groups.Description description) {
        GroupView view = description.view();
        long nowMs = System.currentTimeMillis();
        List<GroupDetails.Member> members = new ArrayList<>();
        for (MemberView member : view.members()) {
            long silentMs = description.silentMs().getOrDefault(member.memberId(), 0L);
            members.add(wire(member, nowMs - silentMs));
        }
        return new GroupDetails(
                view.group(),
                state(view),
                view.groupEpoch(),
                view.assignor(),
                membership.self().id(),
                description.offsetsPartition(),
                members,
                description.lag(),
                description.lagSeconds(),
                wire(view.retry(), view.group()),
                view.rebalances().stream().map(GroupController::wire).toList());
    }

    private static GroupDetails.Member wire(MemberView member, long lastSeenMs) {
        return new GroupDetails.Member(
                member.memberId(),
                member.instanceId(),
                member.memberEpoch(),
                member.assignment(),
                Instant.ofEpochMilli(lastSeenMs).toString());
    }

    private static GroupDetails.Rebalance wire(GroupView.Rebalance rebalance) {
        return new GroupDetails.Rebalance(
                rebalance.groupEpoch(),
                Instant.ofEpochMilli(rebalance.atMs()).toString(),
                rebalance.cause());
    }

    private static PutGroup.Retry wire(RetryPolicy retry, String group) {
        return new PutGroup.Retry(
                retry.maxAttempts(),
                new PutGroup.Backoff("fixed", Durations.format(retry.backoffMs())),
                new PutGroup.DeadLetter(retry.deadLetterTopicOf(group)));
    }

    private static String state(GroupView view) {
        if (view.members().isEmpty()) {
            return GroupDetails.EMPTY;
        }
        return view.settled() ? GroupDetails.STABLE : GroupDetails.REBALANCING;
    }
}
