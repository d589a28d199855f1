package dev.restbus.broker.group;

import dev.restbus.api.ProblemCode;
import dev.restbus.broker.replication.PartitionLeader;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Where a reset leads: one end of the log, an offset, or a time. Immutable. */
public final class ResetTarget {

    private static final String TIME_PREFIX = "ts:";

    private enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        TIME
    }

    private final Kind kind;

    /** The offset, or the time in epoch milliseconds. */
    private final long number;

    private ResetTarget(Kind kind, long number) {
        this.kind = kind;
        this.number = number;
    }

    /**
     * Reads {@code earliest}, {@code latest}, an offset, an RFC 3339 time or {@code ts:<ms>}.
     *
     * @throws dev.restbus.api.BusException 400 {@code invalid-parameter}, 422 {@code invalid-value}
     */
    public static ResetTarget parse(String text) {
        if (text.equals("earliest")) {
            return new ResetTarget(Kind.EARLIEST, 0);
        }
        if (text.equals("latest")) {
            return new ResetTarget(Kind.LATEST, 0);
        }
        try {
            if (text.startsWith(TIME_PREFIX)) {
                String ms = text.substring(TIME_PREFIX.length());
                return new ResetTarget(Kind.TIME, Long.parseLong(ms));
            }
            if (text.matches("-?[0-9]+")) {
                return offset(Long.parseLong(text));
            }
            long ms = OffsetDateTime.parse(text).toInstant().toEpochMilli();
            return new ResetTarget(Kind.TIME, ms);
        } catch (NumberFormatException | DateTimeParseException e) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    "/to",
                    "to is earliest, latest, an offset, an RFC 3339 time or ts:<ms>, not '"
                            + text
                            + "'");
        }
    }

    private static ResetTarget offset(long offset) {
        if (offset < 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/to", "an offset is 0 or more, not " + offset);
        }
        return new ResetTarget(Kind.OFFSET, offset);
    }

    /**
     * The offset of this partition; blocks while it looks for a time.
     *
     * @throws dev.restbus.api.BusException 416 {@code offset-out-of-range}, 422 {@code
     *     offset-beyond-log-end}, 500 {@code corrupt-record}
     */
    long in(PartitionLeader leader) {
        return switch (kind) {
            case EARLIEST -> leader.logStart();
            case LATEST -> leader.highWatermark().offset();
            case OFFSET -> checked(leader);
            case TIME -> leader.firstAt(number);
        };
    }

    private long checked(PartitionLeader leader) {
        Commits.checkReadable(leader, number, "/to");
        if (number < leader.logStart()) {
            throw leader.outOfRange(number);
        }
        return number;
    }
}
