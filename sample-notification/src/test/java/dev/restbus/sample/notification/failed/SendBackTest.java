package dev.restbus.sample.notification.failed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.client.BusClient;
import dev.restbus.sample.notification.FakeBus;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class SendBackTest {

    private static final String DEAD_LETTER =
            """
            {"key":"k-7","value":{"id":"a","recipient":"nobody"},
             "headers":{"type":"note",
              "bus-dlq-origin-topic":"notifications","bus-dlq-origin-partition":"2",
              "bus-dlq-origin-offset":"3","bus-dlq-attempts":"4",
              "bus-dlq-error-message":"no address"}}
            """;

    private final FakeBus bus = FakeBus.start();
    private final BusClient client = BusClient.connect(bus.url());
    private FailedMessages messages = restarted();

    @BeforeEach
    void fail() {
        bus.append("failed-messages", 2, DEAD_LETTER);
    }

    @AfterEach
    void stop() {
        client.close();
        bus.close();
    }

    @Test
    void a_failed_message_shows_where_it_came_from_and_why_it_failed() {
        assertThat(messages.newest())
                .singleElement()
                .satisfies(
                        message -> {
                            assertThat(message.id()).isEqualTo("2-0");
                            assertThat(message.topic()).isEqualTo("notifications");
                            assertThat(message.partition()).isEqualTo(2);
                            assertThat(message.offset()).isEqualTo(3);
                            assertThat(message.attempts()).isEqualTo(4);
                            assertThat(message.error()).isEqualTo("no address");
                            assertThat(message.redriveCount()).isZero();
                            assertThat(message.sentBackTo()).isNull();
                        });
    }

    @Test
    void a_corrected_copy_goes_to_the_source_partition() {
        FailedMessages.SentBack sent = messages.sendBack("2-0", corrected());

        assertThat(sent)
                .isEqualTo(new FailedMessages.SentBack("2-0", "notifications", "2-0", false));
        ObjectNode copy = bus.records("notifications", 2).get(0);
        assertThat(copy.path("key").asString()).isEqualTo("k-7");
        assertThat(copy.path("value")).isEqualTo(corrected());
        assertThat(copy.path("headers"))
                .isEqualTo(json("{\"type\":\"note\",\"redrivecount\":\"1\"}"));
        assertThat(messages.get("2-0").sentBackTo()).isEqualTo("2-0");
    }

    @Test
    void sending_back_twice_sends_one_copy() {
        messages.sendBack("2-0", corrected());
        FailedMessages.SentBack again = messages.sendBack("2-0", null);

        assertThat(again.already()).isTrue();
        assertThat(again.copy()).isEqualTo("2-0");
        assertThat(bus.records("notifications", 2)).hasSize(1);
    }

    @Test
    void what_was_sent_back_is_known_after_a_restart() {
        messages.sendBack("2-0", corrected());
        messages = restarted();

        assertThat(messages.newest().get(0).sentBackTo()).isEqualTo("2-0");
        assertThat(messages.sendBack("2-0", corrected()).already()).isTrue();
        assertThat(bus.records("notifications", 2)).hasSize(1);
    }

    @Test
    void a_copy_that_fails_again_counts_on() {
        bus.append(
                "failed-messages",
                2,
                DEAD_LETTER.replace("\"type\":\"note\"", "\"redrivecount\":\"1\""));
        messages.sendBack("2-1", null);

        ObjectNode copy = bus.records("notifications", 2).get(0);
        assertThat(copy.at("/headers/redrivecount").asString()).isEqualTo("2");
        assertThat(copy.at("/value/recipient").asString()).isEqualTo("nobody");
    }

    @Test
    void an_id_that_is_not_there_is_unknown() {
        for (String id : new String[] {"2-9", "x", "1-0", "0-00000000000000000000"}) {
            assertThatThrownBy(() -> messages.get(id)).isInstanceOf(NoSuchElementException.class);
        }
    }

    private FailedMessages restarted() {
        return new FailedMessages(client, new SentBackLog(client));
    }

    private static JsonNode corrected() {
        return json("{\"id\":\"a\",\"recipient\":\"ann@example.com\",\"price\":1.50}");
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }
}
