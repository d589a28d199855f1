package dev.restbus.sample.notification.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.client.BusClient;
import dev.restbus.client.BusRecord;
import dev.restbus.sample.notification.FakeBus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryDeskTest {

    private final FakeBus bus = FakeBus.start();
    private final BusClient client = BusClient.connect(bus.url());
    private final DeliveryDesk desk =
            new DeliveryDesk(
                    Clock.fixed(Instant.ofEpochMilli(5_000), ZoneOffset.UTC),
                    new SimpleMeterRegistry());
    private int received;

    @AfterEach
    void stop() {
        client.close();
        bus.close();
    }

    @Test
    void a_notification_is_delivered_with_its_delay() {
        deliver("k", "{\"id\":\"a\",\"recipient\":\"ann@example.com\",\"createdAt\":4200}");

        assertThat(desk.totals()).isEqualTo(new DeliveryDesk.Totals(1, 0, 0, 0, 800L));
        assertThat(desk.recent())
                .singleElement()
                .satisfies(
                        delivered -> {
                            assertThat(delivered.recipient()).isEqualTo("ann@example.com");
                            assertThat(delivered.record()).isEqualTo("0-0");
                        });
    }

    @Test
    void what_comes_again_is_not_delivered_twice() {
        deliver("k", "{\"id\":\"a\",\"number\":1,\"recipient\":\"ann@example.com\"}");
        deliver("k", "{\"id\":\"a\",\"number\":1,\"recipient\":\"ann@example.com\"}");

        assertThat(desk.totals().delivered()).isEqualTo(1);
        assertThat(desk.totals().duplicates()).isEqualTo(1);
        assertThat(desk.totals().outOfOrder()).isZero();
    }

    @Test
    void order_counts_within_a_key() {
        deliver("k", "{\"id\":\"a\",\"number\":5,\"recipient\":\"ann@example.com\"}");
        deliver("l", "{\"id\":\"b\",\"number\":4,\"recipient\":\"ann@example.com\"}");
        assertThat(desk.totals().outOfOrder()).isZero();

        deliver("k", "{\"id\":\"c\",\"number\":3,\"recipient\":\"ann@example.com\"}");
        assertThat(desk.totals().outOfOrder()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"a\",\"recipient\":\"ann at example\"}",
                "{\"id\":\"a\",\"recipient\":\"@example.com\"}",
                "{\"id\":\"a\",\"recipient\":\"ann@\"}",
                "{\"id\":\"a\"}",
                "{\"recipient\":\"ann@example.com\"}",
                "{\"id\":\"a\",\"recipient\":\"ann@example.com\",\"poison\":true}"
            })
    void what_cannot_be_delivered_fails_each_time(String value) {
        assertThatThrownBy(() -> deliver("k", value)).isInstanceOf(UndeliverableException.class);
        assertThatThrownBy(() -> deliver("k", value)).isInstanceOf(UndeliverableException.class);

        assertThat(desk.totals()).isEqualTo(new DeliveryDesk.Totals(0, 0, 0, 2, null));
    }

    private void deliver(String key, String value) {
        bus.append("notifications", 0, "{\"key\":\"" + key + "\",\"value\":" + value + "}");
        BusRecord record =
                client.topics()
                        .read("notifications", 0, received++, 1, Duration.ZERO)
                        .records()
                        .get(0);
        desk.deliver(record.as(Notification.class), record);
    }
}
