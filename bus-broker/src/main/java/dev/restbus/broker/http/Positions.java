package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.broker.fetch.Tail;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.UUID;

/**
 * Where a reader of several partitions stands, as text: {@code 0:17,1:4} (partition and next
 * offset) as the id of an event, and an opaque cursor, which also names the topic's id, so that it
 * is of no use for another topic of the same name. Stateless.
 */
final class Positions {

    private static final int CURSOR_VERSION = 1;

    private Positions() {}

    /** Appends the positions as an event id. */
    static void write(JsonBytes out, Tail tail) {
        int begin = out.length();
        tail.positions(
                (partition, nextOffset) -> {
                    if (out.length() > begin) {
                        out.ascii(",");
                    }
                    out.number(partition).ascii(":").number(nextOffset);
                });
    }

    /**
     * Places the tail where an event id says; partitions that it does not name stay.
     *
     * @throws BusException 400 {@code invalid-parameter}, 404 {@code unknown-partition}, 416
     */
    static void resume(Tail tail, String eventId) {
        for (String pair : eventId.split(",", -1)) {
            int colon = pair.indexOf(':');
            int partition;
            long nextOffset;
            try {
                partition = Integer.parseInt(pair.substring(0, Math.max(colon, 0)).trim());
                nextOffset = Long.parseLong(pair.substring(colon + 1).trim());
            } catch (NumberFormatException e) {
                throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                        "Last-Event-ID", "an event id is as 0:17,1:4, not '" + eventId + "'");
            }
            tail.startAt(partition, nextOffset);
        }
    }

    /** The positions as a cursor. */
    static String cursor(Tail tail) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeByte(CURSOR_VERSION);
            UUID id = tail.topic().id();
            out.writeLong(id.getMostSignificantBits());
            out.writeLong(id.getLeastSignificantBits());
            writeNumber(out, tail.turn());
            tail.positions((partition, nextOffset) -> writeNumber(out, nextOffset));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    /**
     * Places a tail over all partitions where a cursor says.
     *
     * @throws BusException 400 {@code invalid-parameter}, 410 {@code expired} for a cursor of
     *     another topic of this name, 416
     */
    static void resumeAt(Tail tail, String cursor) {
        try {
            DataInputStream in =
                    new DataInputStream(
                            new ByteArrayInputStream(Base64.getUrlDecoder().decode(cursor)));
            if (in.readByte() != CURSOR_VERSION) {
                throw badCursor();
            }
            if (!new UUID(in.readLong(), in.readLong()).equals(tail.topic().id())) {
                throw ProblemCode.EXPIRED.exceptionAt(
                        "cursor",
                        "this cursor is of another topic that was called "
                                + tail.topic().name()
                                + "; begin again without one");
            }
            tail.beginWith((int) readNumber(in));
            for (int partition = 0; in.available() > 0; partition++) {
                if (partition == tail.topic().partitionCount()) {
                    throw badCursor();
                }
                tail.startAt(partition, readNumber(in));
            }
        } catch (IOException | IllegalArgumentException e) {
            throw badCursor();
        }
    }

    private static BusException badCursor() {
        return ProblemCode.INVALID_PARAMETER.exceptionAt(
                "cursor", "a cursor is what an answer gave as next, unchanged");
    }

    /** Seven bits a byte, lowest first: most positions take three bytes. */
    private static void writeNumber(DataOutputStream out, long number) {
        try {
            long rest = number;
            while (rest > 0x7f) {
                out.writeByte((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.writeByte((int) rest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long readNumber(DataInputStream in) throws IOException {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int b = in.readUnsignedByte();
            number |= (long) (b & 0x7f) << shift;
            if (b <= 0x7f) {
                return number;
            }
        }
        throw new IOException("a number does not end");
    }
}
