package dev.restbus.standalone;

import static dev.restbus.standalone.KafkaBatches.record;
import static dev.restbus.standalone.KafkaBatches.sequenced;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.ByteCalls.Reply;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Batches of Kafka's idempotent producers over HTTP. */
@Timeout(120)
class ProducerSequenceTest {

    @TempDir Path data;

    private static Reply send(RunningBus bus, byte[] body, String more) {
        return new ByteCalls(bus)
                .post(
                        "/v1/topics/s/records?partition=0" + more,
                        body,
                        "Content-Type",
                        "application/x-record-batch");
    }

    @Test
    void aBatchSentAgainIsStoredOnceAlsoAfterARestart() {
        byte[] first = sequenced(7, 0, 0, record("a", "1"), record("b", "2"));
        byte[] second = sequenced(7, 0, 2, record("c", "3"));
        Reply stored;
        try (RunningBus bus = RunningBus.start(data)) {
            bus.put("/v1/topics/s", "{\"partitions\":1}");
            stored = send(bus, first, "");
            assertThat(stored.status()).as(stored.text()).isEqualTo(201);
            assertThat(stored.header("Idempotent-Replayed")).isEmpty();
            for (String acks : new String[] {"", "&acks=1", "&acks=all"}) {
                Reply again = send(bus, first, acks);
                assertThat(again.status()).isEqualTo(201);
                assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
                assertThat(again.text()).isEqualTo(stored.text());
            }
            assertThat(send(bus, first, "&acks=0").status()).isEqualTo(202);
        }
        try (RunningBus bus = RunningBus.start(data)) {
            assertThat(send(bus, first, "").text()).isEqualTo(stored.text());
            Reply next = send(bus, second, "");
            assertThat(next.json().path("records").get(0).path("offset").asLong()).isEqualTo(2);
            assertThat(send(bus, second, "").header("Idempotent-Replayed")).isEqualTo("true");
        }
    }

    @Test
    void aGapNamesWhatIsExpectedAndALowerEpochIsFenced() {
        try (RunningBus bus = RunningBus.start(data)) {
            bus.put("/v1/topics/s", "{\"partitions\":1}");
            send(bus, sequenced(7, 1, 0, record("a", "1")), "");
            Reply gap = send(bus, sequenced(7, 1, 5, record("a", "1")), "");
            assertThat(gap.status()).isEqualTo(409);
            assertThat(gap.json().path("expectedSequence").asInt(-1)).isEqualTo(1);
            Reply fenced = send(bus, sequenced(7, 0, 1, record("a", "1")), "");
            assertThat(fenced.code()).isEqualTo("fenced-producer");
        }
    }

    @Test
    void aCopyOfATopicIsNotTakenForARepeat() {
        try (RunningBus bus = RunningBus.start(data)) {
            bus.put("/v1/topics/s", "{\"partitions\":1}");
            bus.post("/v1/topics/s", "1", "Idempotency-Key", "k");
            byte[] read =
                    new ByteCalls(bus)
                            .get(
                                    "/v1/topics/s/partitions/0/records",
                                    "Accept",
                                    "application/x-record-batch")
                            .body();
            Reply copied = send(bus, read, "");
            assertThat(copied.status()).as(copied.text()).isEqualTo(201);
            assertThat(copied.json().path("records").get(0).path("offset").asLong()).isEqualTo(1);
            assertThat(copied.header("Idempotent-Replayed")).isEmpty();
        }
    }
}
