package dev.restbus.api.control;

import dev.restbus.api.BusException;
import dev.restbus.api.Durations;
import dev.restbus.api.ProblemCode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The configuration keys of a topic that this version enforces, with defaults and ranges. A key of
 * Kafka's that is not enforced yet is refused rather than ignored, so that nobody relies on it.
 */
public enum TopicConfig {
    /** A segment file is closed and a new one begun before it grows beyond this many bytes. */
    SEGMENT_BYTES("segment.bytes", 1L << 30, 1L << 14, Integer.MAX_VALUE),
    /** A segment file is closed so long after its first append, even where nobody appends. */
    SEGMENT_MS("segment.ms", 7 * 86_400_000L, 1, Long.MAX_VALUE),
    /** A closed segment is deleted so long after its last append; -1 for never. */
    RETENTION_MS("retention.ms", 7 * 86_400_000L, -1, Long.MAX_VALUE),
    /** The oldest segment is deleted while a partition has so many bytes without it; -1: never. */
    RETENTION_BYTES("retention.bytes", -1, -1, Long.MAX_VALUE),
    /** What becomes of old records: they are deleted, or compacted, or both. */
    CLEANUP_POLICY("cleanup.policy", "delete", Set.of("compact", "delete")),
    /** In a compacted topic, how long a tombstone can still be read after it was compacted. */
    DELETE_RETENTION_MS("delete.retention.ms", 86_400_000L, 0, Long.MAX_VALUE),
    /** The largest record batch, in bytes. */
    MAX_MESSAGE_BYTES("max.message.bytes", (8L << 20) + (64L << 10), 1L, 64L << 20),
    /** How many in-sync replicas a write with acks=all needs. */
    MIN_INSYNC_REPLICAS("min.insync.replicas", 1, 1, 32);

    private static final String COMPACT = "compact";

    private final String key;
    private final String defaultValue;
    private final long min;
    private final long max;

    /** What a list of words may hold; empty for a number. */
    private final Set<String> words;

    TopicConfig(String key, long defaultValue, long min, long max) {
        this.key = key;
        this.defaultValue = Long.toString(defaultValue);
        this.min = min;
        this.max = max;
        this.words = Set.of();
    }

    TopicConfig(String key, String defaultValue, Set<String> words) {
        this.key = key;
        this.defaultValue = defaultValue;
        this.min = 0;
        this.max = 0;
        this.words = words;
    }

    public String key() {
        return key;
    }

    /** The number in force for a topic with this configuration. */
    public long valueIn(Map<String, String> config) {
        return Long.parseLong(textIn(config));
    }

    private String textIn(Map<String, String> config) {
        return config.getOrDefault(key, defaultValue);
    }

    /** Whether a topic with this configuration keeps the newest record of each key. */
    public static boolean isCompacted(Map<String, String> config) {
        return CLEANUP_POLICY.textIn(config).contains(COMPACT);
    }

    /** Whether a topic with this configuration deletes what retention does not keep. */
    public static boolean isDeleted(Map<String, String> config) {
        return !CLEANUP_POLICY.textIn(config).equals(COMPACT);
    }

    /** Every key with the value in force, sorted by key. */
    public static Map<String, String> effective(Map<String, String> config) {
        Map<String, String> all = new TreeMap<>();
        for (TopicConfig entry : values()) {
            all.put(entry.key, entry.textIn(config));
        }
        return all;
    }

    /**
     * As {@link #effective(Map)}, for a topic of this replication factor: {@code
     * min.insync.replicas} is max(1, factor - 1) unless set.
     */
    public static Map<String, String> effective(Map<String, String> config, int replicationFactor) {
        Map<String, String> all = effective(config);
        if (!config.containsKey(MIN_INSYNC_REPLICAS.key)) {
            all.put(MIN_INSYNC_REPLICAS.key, Integer.toString(Math.max(1, replicationFactor - 1)));
        }
        return all;
    }

    /**
     * Checks one entry and returns its canonical value.
     *
     * @throws dev.restbus.api.BusException 422 {@code invalid-config}
     */
    public static String check(String key, String value) {
        return requireKnown(key).checkValue(value);
    }

    /**
     * The entry of this key.
     *
     * @throws dev.restbus.api.BusException 422 {@code invalid-config}
     */
    public static TopicConfig requireKnown(String key) {
        for (TopicConfig entry : values()) {
            if (entry.key.equals(key)) {
                return entry;
            }
        }
        throw ProblemCode.INVALID_CONFIG.exceptionAt(
                pointer(key),
                "the key '" + key + "' is not enforced by this version, so it is refused");
    }

    private static String pointer(String key) {
        return "/config/" + key.replace("~", "~0").replace("/", "~1");
    }

    private String checkValue(String value) {
        if (!words.isEmpty()) {
            return checkWords(value);
        }
        try {
            long number = parse(value.trim());
            if (number >= min && number <= max) {
                return Long.toString(number);
            }
        } catch (NumberFormatException | BusException e) {
            // answered below, like a number out of range
        }
        throw ProblemCode.INVALID_CONFIG.exceptionAt(
                pointer(key), key + " is " + range() + ", not '" + value + "'");
    }

    /** In the order of the alphabet, each once. */
    private String checkWords(String value) {
        TreeSet<String> found = new TreeSet<>();
        for (String word : value.split(",", -1)) {
            found.add(word.strip());
        }
        if (!words.containsAll(found)) {
            throw ProblemCode.INVALID_CONFIG.exceptionAt(
                    pointer(key),
                    key
                            + " is one or more of "
                            + new TreeSet<>(words)
                            + ", with commas, not '"
                            + value
                            + "'");
        }
        return String.join(",", found);
    }

    private String range() {
        String from = "a number from " + min;
        return max == Long.MAX_VALUE
                ? from + " on" + (isTime() ? ", in milliseconds, or a duration such as 7d" : "")
                : from + " to " + max;
    }

    /** Kafka's values of time are milliseconds; ours may also be durations, as elsewhere. */
    private long parse(String value) {
        boolean number = value.matches("[-+]?[0-9]+");
        return number || !isTime() ? Long.parseLong(value) : Durations.parseMs(key, value);
    }

    private boolean isTime() {
        return key.endsWith(".ms");
    }
}
