package dev.restbus.sample.ecommerce.invoice;

/** A line of the file cannot be an invoice line; nothing of the file was sent. */
public final class BadLineException extends RuntimeException {

    private final long line;

    BadLineException(long line, String why) {
        super("line " + line + ": " + why);
        this.line = line;
    }

    /** Where the faulty record begins, counted from 1, the header included. */
    public long line() {
        return line;
    }
}
