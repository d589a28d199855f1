package dev.restbus.api;

/** What became of the data of a request that failed. */
public enum Outcome {
    /** Nothing was stored or changed; the request can be repeated as it is. */
    NONE,
    /** Everything the problem speaks of was stored. */
    COMMITTED,
    /** It may or may not have been stored; only an idempotent repeat is safe. */
    UNKNOWN;

    /** The lower-case word that stands in a problem document. */
    public String wireName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
