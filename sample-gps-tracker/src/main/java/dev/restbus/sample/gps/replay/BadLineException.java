package dev.restbus.sample.gps.replay;

/** A line of a track file that cannot be used; nothing of the file was sent. */
public final class BadLineException extends RuntimeException {

    private final long line;

    BadLineException(long line, String reason) {
        super("line " + line + ": " + reason);
        this.line = line;
    }

    /** Counted from 1, the header being the first. */
    public long line() {
        return line;
    }
}
