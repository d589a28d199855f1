package dev.restbus.sample.gps.replay;

import org.jspecify.annotations.Nullable;

/** An import that did not happen, or not wholly. */
public final class ReplayException extends RuntimeException {

    /** What stood in the way. */
    public enum Kind {
        BUSY,
        TOO_LARGE,
        CANCELLED,
        BUS
    }

    private final Kind kind;

    ReplayException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
