package dev.restbus.api.control;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a group's home broker asks of the coordinator about members and their assignments. The model
 * is KIP-848's: the coordinator assigns, members only ask. A partition is granted to a member only
 * when nobody else holds it: its former owner confirmed the loss, left, or was reported expired.
 * Durability, failures and threads as in {@link CoordinatorChannel}.
 */
public interface GroupChannel {

    /**
     * Joins, or changes the subscription of a member that is there. Always starts a new incarnation
     * for a member that was not there. A new member with the instance id of one that is there takes
     * over its seat and partitions. Fails with 422 {@code assignor-mismatch}, {@code invalid-value}
     * if a member that is there comes with another instance id, 409 {@code fenced-instance} if
     * another member took over its seat.
     */
    CompletableFuture<GroupView> join(JoinGroup request);

    /**
     * The member saw its assignment of {@code memberEpoch} and holds nothing beyond it, so what it
     * lost can be granted to others. An epoch that is not its newest changes nothing. Fails with
     * 404 {@code unknown-member}, 409 {@code fenced-instance}.
     */
    CompletableFuture<GroupView> confirm(String group, String memberId, long memberEpoch);

    /**
     * Removes this incarnation of the member and hands its partitions over at once. A member that
     * is not there, or is there in a later incarnation, changes nothing.
     */
    CompletableFuture<GroupView> leave(
            String group, String memberId, long incarnation, LeaveCause cause);

    /** The group, or null. */
    @Nullable GroupView group(String group);

    /** Every group by name. */
    List<GroupView> groups();

    /** Creates the group if need be and sets its retry policy. */
    CompletableFuture<GroupView> configure(String group, RetryPolicy retry);

    /** Fails with 404 {@code unknown-group}, 409 {@code group-not-empty}. */
    CompletableFuture<Void> deleteGroup(String group);

    /** Calls back with each changed group, as {@link CoordinatorChannel#watchMetadata} does. */
    CoordinatorChannel.Watch watchGroups(Consumer<GroupView> onChange);

    /** Why a member goes. */
    enum LeaveCause {
        /** It said so. */
        LEFT,
        /** Its home broker did not hear from it for a whole session. */
        EXPIRED
    }
}
