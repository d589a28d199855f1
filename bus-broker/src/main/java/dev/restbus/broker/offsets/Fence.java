package dev.restbus.broker.offsets;

import org.jspecify.annotations.Nullable;

/**
 * Who may commit in one partition: nobody but the member and incarnation that raised it. Immutable.
 *
 * @param memberId null for nobody: the next owner has to raise it first
 * @param memberEpoch the owner's epoch when it raised the fence; a commit of a lower one is stale
 * @param incarnation of the owner
 * @param generation one more each time the fence is raised, the group is reset or a record fails;
 *     every batch carries it, so that an ack from before counts no more
 * @param previousMemberId the last owner that was shut out, null for none
 */
public record Fence(
        @Nullable String memberId,
        long memberEpoch,
        long incarnation,
        long generation,
        @Nullable String previousMemberId) {

    static final Fence NONE = new Fence(null, 0, 0, 0, null);

    public boolean isOf(String member, long itsIncarnation) {
        return member.equals(memberId) && itsIncarnation == incarnation;
    }

    Fence raisedTo(String member, long epoch, long itsIncarnation) {
        String previous = member.equals(memberId) ? previousMemberId : shutOut();
        return new Fence(member, epoch, itsIncarnation, generation + 1, previous);
    }

    Fence raisedToNobody() {
        return new Fence(null, 0, 0, generation + 1, shutOut());
    }

    /** The same owner; what was handed out before counts no more. */
    Fence next() {
        return new Fence(memberId, memberEpoch, incarnation, generation + 1, previousMemberId);
    }

    private @Nullable String shutOut() {
        return memberId == null ? previousMemberId : memberId;
    }
}
