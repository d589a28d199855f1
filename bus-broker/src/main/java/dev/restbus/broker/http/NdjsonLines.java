package dev.restbus.broker.http;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;

/**
 * The lines of a body that comes in pieces. A piece begins with what was not taken of the one
 * before, and is looked at anew as often as need be; blank lines are counted and passed over. Not
 * thread-safe.
 */
final class NdjsonLines {

    /** Room for a value of the largest size in base64, its key and its headers. */
    static final int MAX_LINE_BYTES = 2 << 20;

    private Slice piece = new Slice(new byte[0], 0, 0);

    /** Where the next line begins, and the one that was stepped to. */
    private int next;

    private int current;

    /** Lines before the piece, and up to the one that was stepped to. */
    private long before;

    private long number;

    /** No line ends within these, so that they are searched but once. */
    private int quietFrom;

    private int quietTo;

    private Slice line = piece;

    /** Begins at the front of a piece. */
    void look(Slice newPiece) {
        piece = newPiece;
        next = 0;
        current = 0;
        number = before;
    }

    /**
     * Steps to the next line that is not blank.
     *
     * @param last whether what stands behind the last line end is a line too
     * @return false where there is none
     * @throws dev.restbus.api.BusException 413 {@code record-too-large}; the step is done
     */
    boolean step(boolean last) {
        while (next < piece.length()) {
            int end = lineEnd();
            if (end < 0 && !last) {
                requireRoom(piece.length() - next, number + 1);
                return false;
            }
            current = next;
            next = end < 0 ? piece.length() : end + 1;
            number++;
            int length = (end < 0 ? next : end) - current;
            requireRoom(length, number);
            line = new Slice(piece.bytes(), piece.at() + current, length);
            if (!isBlank(line)) {
                return true;
            }
        }
        return false;
    }

    /** Undoes the last step. */
    void back() {
        next = current;
        number--;
    }

    /** The line that was stepped to, without its end. */
    Slice line() {
        return line;
    }

    /** The number of that line, from 1; before the first step that of the line taken last. */
    long number() {
        return number;
    }

    /** How many bytes of the piece were stepped over. */
    int length() {
        return next;
    }

    /** Lets go of what was stepped over; returns how many bytes that is. */
    int take() {
        before = number;
        quietFrom = Math.max(0, quietFrom - next);
        quietTo = Math.max(0, quietTo - next);
        int taken = next;
        next = 0;
        return taken;
    }

    private int lineEnd() {
        int from = next >= quietFrom && next < quietTo ? quietTo : next;
        for (int i = from; i < piece.length(); i++) {
            if (piece.bytes()[piece.at() + i] == '\n') {
                return i;
            }
        }
        quietFrom = next;
        quietTo = piece.length();
        return -1;
    }

    private void requireRoom(int length, long lineNumber) {
        if (length > MAX_LINE_BYTES) {
            number = lineNumber;
            throw ProblemCode.RECORD_TOO_LARGE.exception(
                    "a line has at most " + MAX_LINE_BYTES + " bytes");
        }
    }

    private static boolean isBlank(Slice line) {
        for (int i = line.at(); i < line.at() + line.length(); i++) {
            byte b = line.bytes()[i];
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
