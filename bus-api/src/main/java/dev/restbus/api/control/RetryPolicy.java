package dev.restbus.api.control;

import dev.restbus.api.Names;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a record that a group's member reports as failed.
 *
 * @param maxAttempts 1 to 1,000, the first one included
 * @param backoffMs the fixed pause before the next attempt, up to an hour
 * @param deadLetterTopic where it goes after the last attempt; null for {@code <group>.dlq}
 */
public record RetryPolicy(int maxAttempts, long backoffMs, @Nullable String deadLetterTopic) {

    public static final RetryPolicy DEFAULT = new RetryPolicy(4, 1_000, null);
    public static final int MAX_ATTEMPTS = 1_000;
    public static final long MAX_BACKOFF_MS = 3_600_000;

    private static final String DEAD_LETTER_SUFFIX = ".dlq";

    /**
     * The topic for dead letters of this group: by default {@code <group>.dlq}. Of a group whose
     * name leaves no room for that, the name is cut, with a CRC-32C of it that tells it from
     * others.
     */
    public String deadLetterTopicOf(String group) {
        if (deadLetterTopic != null) {
            return deadLetterTopic;
        }
        int room = Names.MAX_LENGTH - DEAD_LETTER_SUFFIX.length();
        if (group.length() <= room) {
            return group + DEAD_LETTER_SUFFIX;
        }
        CRC32C crc = new CRC32C();
        crc.update(group.getBytes(StandardCharsets.UTF_8));
        String mark = "-%08x".formatted(crc.getValue());
        return group.substring(0, room - mark.length()) + mark + DEAD_LETTER_SUFFIX;
    }
}
