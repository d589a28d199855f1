package dev.restbus.api;

/** When the answer to a produce leaves. */
public enum Acks {
    /** Before the append; the answer carries no offset. */
    NONE,
    /** Once the record is in the leader's log (written, not yet forced). */
    LEADER,
    /** Once the record is forced to disk on every in-sync replica. */
    ALL;

    /**
     * Reads the wire form {@code 0}, {@code 1} or {@code all} (Kafka's {@code -1} too).
     *
     * @throws BusException 400 {@code invalid-parameter}
     */
    public static Acks parse(String text) {
        switch (text) {
            case "0":
                return NONE;
            case "1":
                return LEADER;
            case "all", "-1":
                return ALL;
            default:
                throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                        "acks", "acks is 0, 1 or all, not '" + text + "'");
        }
    }
}
