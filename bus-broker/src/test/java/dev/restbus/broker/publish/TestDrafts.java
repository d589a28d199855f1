package dev.restbus.broker.publish;

import dev.restbus.api.batch.RecordReader;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Drafts without a broker, and what they hold. */
public final class TestDrafts {

    public static final long NOW_MS = 1_700_000_000_000L;

    private TestDrafts() {}

    /** One record of a draft, copied. */
    public record Copy(
            long offset, long timestampMs, Slice key, Slice value, List<String> headers) {}

    public static TopicMetadata topic(int partitions) {
        PartitionMetadata led = new PartitionMetadata(0, 1, 1, 1, List.of(1), List.of(1));
        return new TopicMetadata(
                "t",
                new UUID(1, 2),
                Collections.nCopies(partitions, led),
                1,
                true,
                Map.of(),
                NOW_MS);
    }

    public static RecordDraft draft(int partitions) {
        return new RecordDraft(topic(partitions), new BuilderPool(), NOW_MS, 0, "/records/");
    }

    /** The batch of one partition, copied. */
    public static byte[] batch(RecordDraft draft, int partition) {
        return draft.finish(partition, true).copy();
    }

    public static List<Copy> records(RecordDraft draft, int partition) {
        Slice batch = draft.finish(partition, true);
        RecordReader reader = new RecordReader().over(batch.bytes(), batch.at());
        List<Copy> copies = new ArrayList<>();
        while (reader.next()) {
            List<String> headers = new ArrayList<>();
            reader.headers((name, value) -> headers.add(name.text() + "=" + value.text()));
            copies.add(
                    new Copy(
                            reader.offset(),
                            reader.timestampMs(),
                            reader.key(),
                            reader.value(),
                            headers));
        }
        return copies;
    }
}
