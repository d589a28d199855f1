package dev.restbus.sample.notification.failed;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusProblemException;
import dev.restbus.client.BusRecord;
import dev.restbus.client.BusTopics;
import dev.restbus.client.SentRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Reads the topic of failed messages, and sends corrected copies back. Sending one back twice is
 * harmless: the second time answers with the first copy. Should this process die between a copy and
 * its note, a repeat sends a second copy, and the delivery knows that by its id. Safe for any
 * number of threads.
 */
@Component
public class FailedMessages {

    public static final String TOPIC = "failed-messages";

    private static final int NEWEST = 50;

    private final BusClient bus;
    private final SentBackLog sentBack;

    FailedMessages(BusClient bus, SentBackLog sentBack) {
        this.bus = bus;
        this.sentBack = sentBack;
    }

    /** The newest first, 50 at most. */
    synchronized List<FailedMessage> newest() {
        sentBack.catchUp();
        List<FailedMessage> all = new ArrayList<>();
        for (BusTopics.Partition partition : bus.topics().get(TOPIC).partitions()) {
            all.addAll(newestOf(partition));
        }
        all.sort(Comparator.comparingLong(FailedMessage::failedAt).reversed());
        return all.subList(0, Math.min(NEWEST, all.size()));
    }

    /**
     * One failed message.
     *
     * @throws NoSuchElementException if there is none of this id
     */
    synchronized FailedMessage get(String id) {
        sentBack.catchUp();
        return find(id);
    }

    /**
     * Sends a corrected copy to where the message came from, unless that was done before.
     *
     * @param value the corrected value, or null to send it as it is
     * @throws NoSuchElementException if there is none of this id
     */
    synchronized SentBack sendBack(String id, @Nullable JsonNode value) {
        sentBack.catchUp();
        FailedMessage message = find(id);
        if (message.sentBackTo() != null) {
            return new SentBack(id, message.topic(), message.sentBackTo(), true);
        }
        JsonNode corrected = value == null ? message.value() : value;
        SentRecord copy = bus.producer().send(message.corrected(corrected));
        sentBack.add(id, copy.id());
        return new SentBack(id, message.topic(), copy.id(), false);
    }

    private List<FailedMessage> newestOf(BusTopics.Partition partition) {
        long from = Math.max(partition.logStartOffset(), partition.highWatermark() - NEWEST);
        if (from >= partition.highWatermark()) {
            return List.of();
        }
        return bus
                .topics()
                .read(TOPIC, partition.partition(), from, NEWEST, Duration.ZERO)
                .records()
                .stream()
                .map(this::message)
                .toList();
    }

    private FailedMessage find(String id) {
        if (!id.matches("[0-9]{1,5}-[0-9]{1,18}")) {
            throw missing(id);
        }
        String[] parts = id.split("-");
        try {
            return bus
                    .topics()
                    .read(
                            TOPIC,
                            Integer.parseInt(parts[0]),
                            Long.parseLong(parts[1]),
                            1,
                            Duration.ZERO)
                    .records()
                    .stream()
                    .filter(record -> record.offset() == Long.parseLong(parts[1]))
                    .map(this::message)
                    .findFirst()
                    .orElseThrow(() -> missing(id));
        } catch (BusProblemException e) {
            if (e.status() == 404 || e.status() == 416) {
                throw missing(id);
            }
            throw e;
        }
    }

    private FailedMessage message(BusRecord record) {
        String id = record.partition() + "-" + record.offset();
        return FailedMessage.of(record, sentBack.find(id));
    }

    private static NoSuchElementException missing(String id) {
        return new NoSuchElementException("no failed message " + id);
    }

    /**
     * A copy that was sent back.
     *
     * @param id the failed message's
     * @param copy where the copy is in its topic, {@code <partition>-<offset>}
     * @param already whether that was done before
     */
    record SentBack(String id, String topic, String copy, boolean already) {}
}
