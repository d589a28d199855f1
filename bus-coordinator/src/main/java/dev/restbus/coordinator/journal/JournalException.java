package dev.restbus.coordinator.journal;

import java.io.IOException;

/** The journal refused an append and did not change. Immutable. */
public final class JournalException extends IOException {

    /** Why it refused. */
    public enum Kind {
        /** Another writer took over, for good. */
        FENCED,
        /** The newest version is not the expected one. */
        CONFLICT
    }

    private final Kind kind;

    public JournalException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
