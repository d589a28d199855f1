package dev.restbus.broker.log;

/** When a log is forced to disk ({@code bus.log.fsync}). */
public enum Fsync {
    /** Every append, in the next group commit. */
    GROUP,
    /** Only at a roll and at a clean close; a power cut can take acknowledged records back. */
    NEVER
}
