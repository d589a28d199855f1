package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.fuzz.Fuzzing;
import dev.restbus.broker.fetch.Tail;
import dev.restbus.broker.group.ResetTarget;
import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.Fsync;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.LogDirectory;
import dev.restbus.broker.publish.TestDrafts;
import dev.restbus.broker.replication.Partitions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;

/** Where to go on reading, as text from anyone: refused, or a place of the topic. */
public class CursorFuzzTest extends Fuzzing {

    private static final TopicMetadata TOPIC = TestDrafts.topic(2);
    private static final Partitions PARTITIONS = partitions();

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        resumed(tail -> Positions.resume(tail, text));
        resumed(tail -> Positions.resumeAt(tail, text));
        String encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(ofTopic(input));
        resumed(tail -> Positions.resumeAt(tail, encoded));
        refusedOrRead(() -> Accept.choose(text, TailFormat.OFFERED));
        refusedOrRead(() -> ResetTarget.parse(text));
    }

    @FunctionalInterface
    private interface Resuming {
        void at(Tail tail);
    }

    private static void resumed(Resuming resuming) {
        try (Tail tail = Tail.ofAll(PARTITIONS, TOPIC)) {
            resuming.at(tail);
            tail.positions(
                    (partition, nextOffset) -> require(nextOffset == 0, "an offset of the log"));
            String cursor = Positions.cursor(tail);
            try (Tail again = Tail.ofAll(PARTITIONS, TOPIC)) {
                Positions.resumeAt(again, cursor);
                require(cursor.equals(Positions.cursor(again)), "a cursor comes back");
            }
        } catch (BusException e) {
            require(e.problem().code().status() < 500, "refused");
        }
    }

    /** The head of a cursor of this topic, which chance never finds, and the input behind it. */
    private static byte[] ofTopic(byte[] input) {
        return java.nio.ByteBuffer.allocate(1 + 16 + input.length)
                .put((byte) 1)
                .putLong(TOPIC.id().getMostSignificantBits())
                .putLong(TOPIC.id().getLeastSignificantBits())
                .put(input)
                .array();
    }

    private static void refusedOrRead(Runnable reading) {
        try {
            reading.run();
        } catch (BusException e) {
            require(e.problem().code().status() < 500, "refused");
        }
    }

    /** Of empty logs, which live as long as this JVM. */
    private static Partitions partitions() {
        try {
            Path folder = Files.createTempDirectory("restbus-fuzz-");
            Partitions partitions =
                    new Partitions(
                            LogDirectory.open(folder, new FileDisk()),
                            new GroupCommit("fuzz-commit"),
                            Runnable::run,
                            Fsync.GROUP);
            partitions.apply(new MetadataImage(1, Map.of(TOPIC.name(), TOPIC), Map.of()));
            return partitions;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
