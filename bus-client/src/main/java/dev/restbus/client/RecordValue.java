package dev.restbus.client;

import org.jspecify.annotations.Nullable;

/** A record's value as it came: JSON exactly as it was sent, text, or bytes. */
record RecordValue(Kind kind, byte[] bytes, @Nullable String contentType) {

    static final RecordValue TOMBSTONE = new RecordValue(Kind.TOMBSTONE, new byte[0], null);

    enum Kind {
        JSON,
        TEXT,
        BYTES,
        TOMBSTONE
    }
}
