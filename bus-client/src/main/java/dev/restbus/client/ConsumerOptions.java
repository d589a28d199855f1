package dev.restbus.client;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How a consumer takes part in its group. Immutable.
 *
 * @param memberId unique in the group while it lives; made up unless given
 * @param maxRecords the most that one poll hands out, 1 or more
 * @param maxWait how long a poll waits for the first record, up to 30 s
 * @param sessionTimeout without a call for so long the bus takes the member for dead
 * @param startAtLatest where a group without a committed offset begins: at the end of the log, or
 *     (the default) at its start
 */
public record ConsumerOptions(
        String group,
        String memberId,
        List<String> topics,
        int maxRecords,
        Duration maxWait,
        Duration sessionTimeout,
        boolean startAtLatest) {

    public static final Duration MAX_WAIT = Duration.ofSeconds(30);

    private static final int DEFAULT_MAX_RECORDS = 500;
    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);
    private static final Duration DEFAULT_SESSION = Duration.ofSeconds(45);

    public ConsumerOptions {
        topics = List.copyOf(topics);
        if (topics.isEmpty() || maxRecords < 1 || maxWait.compareTo(MAX_WAIT) > 0) {
            throw new IllegalArgumentException(
                    "a consumer needs a topic, maxRecords >= 1 and maxWait <= 30 s");
        }
    }

    /** A member with a name of its own and the defaults. */
    public static ConsumerOptions of(String group, String... topics) {
        return new ConsumerOptions(
                group,
                newMemberId(group),
                List.of(topics),
                DEFAULT_MAX_RECORDS,
                DEFAULT_WAIT,
                DEFAULT_SESSION,
                false);
    }

    public ConsumerOptions withMemberId(String newMemberId) {
        return new ConsumerOptions(
                group, newMemberId, topics, maxRecords, maxWait, sessionTimeout, startAtLatest);
    }

    public ConsumerOptions withMaxRecords(int newMaxRecords) {
        return new ConsumerOptions(
                group, memberId, topics, newMaxRecords, maxWait, sessionTimeout, startAtLatest);
    }

    public ConsumerOptions withMaxWait(Duration newMaxWait) {
        return new ConsumerOptions(
                group, memberId, topics, maxRecords, newMaxWait, sessionTimeout, startAtLatest);
    }

    public ConsumerOptions withSessionTimeout(Duration newSessionTimeout) {
        return new ConsumerOptions(
                group, memberId, topics, maxRecords, maxWait, newSessionTimeout, startAtLatest);
    }

    public ConsumerOptions withStartAtLatest() {
        return new ConsumerOptions(
                group, memberId, topics, maxRecords, maxWait, sessionTimeout, true);
    }

    /** The group's name, shortened if need be, and eight random characters. */
    private static String newMemberId(String group) {
        String prefix = group.length() > 200 ? group.substring(0, 200) : group;
        return String.format(Locale.ROOT, "%s-%08x", prefix, ThreadLocalRandom.current().nextInt());
    }
}
