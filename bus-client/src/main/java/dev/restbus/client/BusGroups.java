package dev.restbus.client;

import dev.restbus.api.Durations;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Consumer groups seen from outside. Safe for any number of threads. */
public final class BusGroups {

    private final HttpCalls calls;

    BusGroups(HttpCalls calls) {
        this.calls = calls;
    }

    /**
     * Sets what happens to records that the group's members report as failed.
     *
     * @param maxAttempts the first one included
     * @param pause between two attempts
     * @param deadLetterTopic where a record goes after the last one; null for {@code <group>.dlq}
     */
    public void configureRetry(
            String group, int maxAttempts, Duration pause, @Nullable String deadLetterTopic) {
        Map<String, Object> backoff = new LinkedHashMap<>();
        backoff.put("type", "fixed");
        backoff.put("initial", Durations.format(pause.toMillis()));
        Map<String, Object> retry = new LinkedHashMap<>();
        retry.put("maxAttempts", maxAttempts);
        retry.put("backoff", backoff);
        if (deadLetterTopic != null) {
            retry.put("deadLetter", Map.of("topic", deadLetterTopic));
        }
        calls.call("PUT", path(group), WireJson.MAPPER.writeValueAsBytes(Map.of("retry", retry)));
    }

    /**
     * The group as it stands.
     *
     * @throws BusProblemException 404 {@code unknown-group}
     */
    public Group get(String group) {
        return WireJson.MAPPER.readValue(calls.call("GET", path(group), null), Group.class);
    }

    /**
     * How far the group got, partition by partition.
     *
     * @throws BusProblemException 404 {@code unknown-group}
     */
    public List<Position> offsets(String group) {
        byte[] answer = calls.call("GET", path(group) + "/offsets", null);
        return WireJson.MAPPER.readValue(answer, Positions.class).offsets();
    }

    private static String path(String group) {
        return "/v1/groups/" + HttpCalls.encode(group);
    }

    /**
     * A group.
     *
     * @param state {@code empty}, {@code stable} or {@code rebalancing}
     * @param lag records that no commit covers yet
     */
    public record Group(
            String group, String state, long groupEpoch, List<Member> members, long lag) {}

    public record Member(String memberId, long memberEpoch) {}

    /**
     * A committed offset.
     *
     * @param nextOffset the next record to read
     */
    public record Position(String topic, int partition, long nextOffset, long lag) {}

    private record Positions(List<Position> offsets) {}
}
