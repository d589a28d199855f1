package dev.restbus.broker.log;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which log: the partition of a topic, and the topic's id, which is never reused. Immutable.
 *
 * @param partition 0 or more
 */
public record LogId(String topic, UUID topicId, int partition) {

    private static final int MAX_FOLDER_TOPIC_CHARACTERS = 200;

    /** {@code <first 200 characters of the topic>-<partition>.<topic id>}. */
    public String folderName() {
        return shortTopic() + "-" + partition + "." + topicId;
    }

    /**
     * Reads a folder name back; null if it is none, or if its topic is too long to be told from it.
     */
    static @Nullable LogId ofFolderName(String name) {
        int dot = name.lastIndexOf('.');
        int dash = dot < 0 ? -1 : name.lastIndexOf('-', dot);
        if (dash < 1 || dash >= MAX_FOLDER_TOPIC_CHARACTERS) {
            return null;
        }
        try {
            int partition = Integer.parseInt(name.substring(dash + 1, dot));
            UUID topicId = UUID.fromString(name.substring(dot + 1));
            LogId id = new LogId(name.substring(0, dash), topicId, partition);
            return id.folderName().equals(name) ? id : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private String shortTopic() {
        return topic.length() <= MAX_FOLDER_TOPIC_CHARACTERS
                ? topic
                : topic.substring(0, MAX_FOLDER_TOPIC_CHARACTERS);
    }

    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
